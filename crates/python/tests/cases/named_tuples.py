from collections import namedtuple
from typing import NamedTuple

import pandas as pd

Fee = namedtuple("Fee", "channel currency amount")
Pair = namedtuple("Pair", ["left", "right"])


class Entry(NamedTuple):
    order_id: int
    kind: str
    amount: float = 0.0


def execute(shared_state):
    fees = []
    latest = {}
    for o in shared_state["orders"].itertuples():
        fee = Fee(o.channel, o.currency, o.shipping_fee)
        fees.append(fee)
        entry = Entry(o.order_id, kind=o.channel)
        if o.shipping_fee > 5:
            entry = entry._replace(amount=o.shipping_fee)
        latest[o.currency] = entry
    shared_state["a_fees"] = pd.DataFrame(fees, columns=["channel", "currency", "amount"])
    shared_state["b_latest"] = pd.DataFrame(
        [(k, e.order_id, e.kind, e[2]) for k, e in latest.items()],
        columns=["currency", "order_id", "kind", "amount"])
    left, right = Pair(1, "x")
    shared_state["c_pair"] = pd.DataFrame([{"left": left, "right": right}])
    return shared_state
