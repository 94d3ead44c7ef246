from decimal import Decimal, ROUND_HALF_EVEN

import pandas as pd


def line_amount(price, qty, discount):
    amount = Decimal(str(price)) * int(qty) * (1 - Decimal(str(discount)))
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def execute(shared_state):
    """Adds up the lines of each order."""
    totals = {}
    for _, line in shared_state["lines"].iterrows():
        key = line["order_id"]
        amount = line_amount(line["unit_price"], line["quantity"], line["discount_rate"])
        if key in totals:
            t = totals[key]
            totals[key] = (t[0] + 1, t[1] + line["quantity"], t[2] + amount)
        else:
            totals[key] = (1, line["quantity"], amount)

    rows = []
    for key in totals:
        n, units, amount = totals[key]
        rows.append((key, n, units, float(amount)))
    shared_state["order_totals"] = pd.DataFrame(rows, columns=["order_id", "line_count", "units", "net_amount"])
    return shared_state
