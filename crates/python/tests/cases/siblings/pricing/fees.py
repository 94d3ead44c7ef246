from . import rates
from .rates import rate_of as _rate


class Fee:
    FLAT = 1.5

    def __init__(self, amount, currency):
        self.amount = amount
        self.currency = currency

    def euros(self):
        return self.amount * _rate(self.currency) + Fee.FLAT


def describe(fee):
    if rates.LIMIT == 3 and fee.amount > 10:
        return "large " + fee.currency
    return label(fee)


def label(fee):
    return "small " + fee.currency
