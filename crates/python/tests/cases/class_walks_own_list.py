import pandas as pd


class Tally:
    def __init__(self, rows):
        self.rows = rows
        self.total = 0
        self.open = 0

    def run(self):
        for row in self.rows:
            self.total += row.order_id
            if row.status == "open":
                self.open += 1
        return self


def execute(s):
    """A method walks a list of its instance and counts in other attributes."""
    tally = Tally(list(s["orders"].itertuples()))
    tally.run()
    s["out"] = pd.DataFrame([{"total": tally.total, "open": tally.open}])
    return s
