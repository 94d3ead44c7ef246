from decimal import Decimal, ROUND_HALF_UP, ROUND_HALF_EVEN

import pandas as pd

CENT = Decimal("0.01")


def execute(shared_state):
    sums = {}
    rows = []
    for l in shared_state["order_lines"].itertuples():
        net = Decimal(str(l.unit_price)) * l.quantity * (1 - Decimal(str(l.discount_rate)))
        up = net.quantize(CENT, rounding=ROUND_HALF_UP)
        even = net.quantize(CENT, ROUND_HALF_EVEN)
        sums[l.product_id] = sums.get(l.product_id, Decimal("0")) + up
        rows.append({"order": l.order_id, "up": up, "even": even, "text": f"{l.unit_price:.1f}|{l.quantity * 1000:,}" if False else f"{l.unit_price:,.2f}"})
    shared_state["lines"] = pd.DataFrame(rows)
    out = []
    for p in sorted(sums, reverse=True):
        out.append((p, sums[p], float(sums[p])))
    shared_state["products"] = pd.DataFrame(out, columns=["product", "net", "net_float"])
    return shared_state
