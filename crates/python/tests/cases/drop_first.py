import pandas as pd


def execute(s):
    d = {}
    for _, r in s["orders"].iterrows():
        k = r["channel"]
        if k in d:
            d[k] += r["shipping_fee"]
        else:
            d[k] = 0
    s["out"] = pd.DataFrame([{"k": k, "v": v} for k, v in d.items()], columns=["k", "v"])
    return s
