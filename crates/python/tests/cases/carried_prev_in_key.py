import pandas as pd


def execute(s):
    n = 0
    d = {}
    for o in s["orders"].itertuples():
        n += 1
        d[n] = o.order_id
    s["out"] = pd.DataFrame([{"k": k, "v": v} for k, v in d.items()])
    return s
