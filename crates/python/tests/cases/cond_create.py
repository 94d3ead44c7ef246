import pandas as pd


def execute(s):
    d = {}
    rows = []
    for _, o in s["orders"].iterrows():
        k = o["channel"]
        if o["status"] == "open" and k not in d:
            d[k] = {"n": 0, "ids": 0}
        if k in d:
            d[k]["n"] += 1
            if o["order_id"] % 2 == 0:
                d[k]["ids"] += o["order_id"]
    for k, v in d.items():
        rows.append({"k": k, "n": v["n"], "ids": v["ids"]})
    s["out"] = pd.DataFrame(rows, columns=["k", "n", "ids"])
    return s
