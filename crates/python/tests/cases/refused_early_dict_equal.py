import pandas as pd


def execute(s):
    rows = []
    seen = {}
    for o in s["orders"].to_dict("records"):
        rows.append([o["order_id"], seen == {}])
        seen[o["channel"]] = 1
    s["out"] = pd.DataFrame(rows, columns=["k", "n"])
    return s
