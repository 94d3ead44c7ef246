import pandas as pd


def execute(s):
    d = {}
    for _, r in s["orders"].iterrows():
        d[r["customer_id"]] = "order"
    for _, r in s["customers"].iterrows():
        d[r["customer_id"]] = r["segment"]
    s["out"] = pd.DataFrame([{"k": k, "v": v} for k, v in d.items()], columns=["k", "v"])
    return s
