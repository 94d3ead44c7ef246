import pandas as pd


class Shipment:
    def __init__(self, order):
        self.order = order["order_id"]
        self.fee = order["shipping_fee"]

    def label(self):
        return f"{self.order}/{self.fee:.2f}"


def execute(shared):
    waiting = None
    pairs = []
    for _, order in shared["orders"].iterrows():
        if waiting is None:
            if order["status"] == "open":
                waiting = Shipment(order)
        elif order["status"] == "shipped":
            pairs.append({"open": waiting.order, "closed": order["order_id"], "label": waiting.label()})
            waiting = None
    shared["out"] = pd.DataFrame(pairs, columns=["open", "closed", "label"])
    return shared
