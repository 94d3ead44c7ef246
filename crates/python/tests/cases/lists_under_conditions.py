import pandas as pd
def execute(s):
    d = {}
    for o in s["orders"].to_dict("records"):
        if o["status"] is not None:
            d.setdefault(o["channel"], []).append(o["customer_id"])
    s["out"] = pd.DataFrame([[k, len(v)] for k, v in d.items()], columns=["k", "v"])
    e = {}
    for o in s["orders"].to_dict("records"):
        if o["channel"] not in e:
            e[o["channel"]] = []
        if o["status"] is not None:
            e[o["channel"]].append(o["customer_id"])
    s["out2"] = pd.DataFrame([[k, len(v)] for k, v in e.items()], columns=["k", "v"])
    return s
