import pandas as pd


def execute(s):
    d = {}
    for o in s["orders"].itertuples():
        d.setdefault(o.channel, []).append(o.order_id)
    s["out"] = pd.DataFrame([{"k": k, "n": len(v), "m": max(v)} for k, v in d.items()])
    return s
