import pandas as pd


def execute(s):
    best = None
    name = ""
    first = True
    start = None
    for _, r in s["orders"].iterrows():
        if best is None or r["shipping_fee"] > best:
            best = r["shipping_fee"]
        if first:
            start = r["order_id"]
            first = False
    s["out"] = pd.DataFrame([{"best": best, "start": start}])
    return s
