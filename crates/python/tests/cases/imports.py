import pandas as pd

import pricing.fees
import wording as w
from pricing import *
from pricing import loops, rates
from pricing.back import total

LIMIT = 100
_TABLE = {}


def rows(orders):
    for_frame = []
    for order in orders.to_dict("records"):
        from pricing.fees import Fee, describe

        fee = Fee(order["shipping_fee"], order["currency"])
        for_frame.append(
            {
                "order_id": order["order_id"],
                "euros": round(fee.euros(), SCALE),
                "kind": describe(fee),
                "state": w.worded(order["status"]),
                "low": rates.below(order["order_id"] - LIMIT),
                "fallback": rate_of(order["currency"], DEFAULT + 1),
                "flat": pricing.fees.Fee.FLAT,
            }
        )
    return for_frame


def execute(shared_state):
    shared_state["out"] = pd.DataFrame(rows(shared_state["orders"]))
    shared_state["seen"] = pd.DataFrame([{"rate": pricing.rates.rate_of("GBP"), "own": LIMIT, "theirs": rates.LIMIT, "total": loops.TOTAL + total()}])
    return shared_state
