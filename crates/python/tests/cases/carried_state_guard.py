import pandas as pd


def execute(s):
    seen = set()
    sums = {}
    for _, o in s["orders"].iterrows():
        if o["customer_id"] not in seen:
            sums[o["channel"]] = sums.get(o["channel"], 0) + 1
            seen.add(o["customer_id"])
    s["out"] = pd.DataFrame([{"k": k, "v": v} for k, v in sums.items()], columns=["k", "v"])
    return s
