import pandas as pd


class Basket:
    def __init__(self):
        self.items = []

    def add(self, row):
        self.items.insert(0, row)


def execute(shared_state):
    basket = Basket()
    for o in shared_state["orders"].itertuples():
        basket.add(o.order_id)
    rows = [[x] for x in basket.items]
    shared_state["out"] = pd.DataFrame(rows, columns=["order_id"])
    return shared_state
