import pandas as pd


def execute(s):
    rows = []
    for _, r in s["orders"].iterrows():
        if r["order_id"] > 110:
            break
        rows.append(r["order_id"])
    s["out"] = pd.DataFrame({"id": rows})
    return s
