from . import words

LIMIT = 10  # pieces from which on there is a rebate
STEPS = ((50, 0.15), (LIMIT, 0.05))


def rebate(pieces):
    for least, share in STEPS:
        if pieces >= least:
            return share
    return 0.0


class Price:
    def __init__(self, each, kind="o"):
        self.each = each
        self.kind = kind

    def net(self, pieces):
        return round(pieces * self.each * (1 - rebate(pieces)), 2)
