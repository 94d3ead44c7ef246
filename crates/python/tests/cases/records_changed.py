import pandas as pd


def execute(s):
    """Records of a list are changed in a second loop."""
    rows = [{"id": o.order_id, "n": 1} for o in s["orders"].itertuples()]
    for r in rows:
        r["n"] = r["n"] + r["id"]
    s["out"] = pd.DataFrame(rows)
    return s
