import pandas as pd


def execute(s):
    by_channel = {}
    rows = []
    for o in s["orders"].to_dict("records"):
        seen = by_channel.setdefault(o["channel"], set())
        seen.add(o["status"])
        rows.append({"order_id": o["order_id"], "n": len(seen)})
    s["out"] = pd.DataFrame(rows)
    return s
