import pandas as pd


def execute(s):
    """Records are changed through one list and read through another."""
    rows = [{"id": o.order_id, "n": 1} for o in s["orders"].itertuples()]
    late = [r for r in rows if r["id"] > 110]
    for r in late:
        r["n"] = 2
    s["out"] = pd.DataFrame(rows)
    return s
