from dataclasses import dataclass

import pandas as pd


@dataclass
class Row:
    order_id: int
    fee: float


def execute(shared_state):
    rows = [Row(o.order_id, o.shipping_fee) for o in shared_state["orders"].itertuples()]
    shared_state["out"] = pd.DataFrame(rows)
    return shared_state
