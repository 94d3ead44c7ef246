import pandas as pd


class Amount:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return abs(self.value - other.value) < 1


def execute(shared_state):
    rows = []
    for o in shared_state["orders"].itertuples():
        if Amount(o.shipping_fee) == Amount(3):
            rows.append([o.order_id])
    shared_state["out"] = pd.DataFrame(rows, columns=["order_id"])
    return shared_state
