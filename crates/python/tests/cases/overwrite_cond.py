import pandas as pd


def execute(s):
    d = {}
    for _, o in s["orders"].iterrows():
        if o["status"] is None:
            continue
        if o["channel"] in d and d[o["channel"]] > o["shipping_fee"]:
            continue
        d[o["channel"]] = o["shipping_fee"]
    s["out"] = pd.DataFrame([{"k": k, "v": d[k]} for k in d], columns=["k", "v"])
    return s
