from decimal import Decimal, ROUND_HALF_EVEN

import pandas as pd

TWO = Decimal("0.01")


def dec(v):
    return Decimal(str(v))


def execute(shared_state):
    payments = shared_state["payments"].to_dict("records")
    rates = shared_state["fx"]
    n_rates = len(rates)

    result = []
    for p in payments:
        if pd.isnull(p["paid_at"]):
            continue
        gross = dec(p["amount"]).quantize(TWO, rounding=ROUND_HALF_EVEN)
        fee = (dec(p["amount"]) * dec(p["fee_rate"])).quantize(TWO, rounding=ROUND_HALF_EVEN)
        method = p["method"]
        if method is None:
            method = "unknown"
        elif method == "card" and fee > Decimal("5"):
            method = "card-high"
        result.append({
            "payment_id": p["payment_id"],
            "order_id": p["order_id"],
            "method": method,
            "gross": gross,
            "fee": fee,
            "net": gross - fee,
            "paid_on": p["paid_at"].date(),
        })

    out = pd.DataFrame(result, columns=["payment_id", "order_id", "method", "gross", "fee", "net", "paid_on"])
    shared_state["fees"] = out
    return shared_state
