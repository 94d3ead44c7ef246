import pandas as pd


CACHE = {}
RATES = {"EUR": 1.0, "USD": 0.9}


def rate(c):
    return RATES[c] if c in RATES else RATES.get("GBP", 1.1)


def execute(s):
    rows = []
    for o in s["orders"].itertuples():
        rows.append((o.order_id, round(o.shipping_fee * rate(o.currency), 2)))
    s["out"] = pd.DataFrame(rows, columns=["id", "home"])
    return s
