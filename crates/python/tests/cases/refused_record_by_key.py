import pandas as pd


def execute(s):
    """A record is changed through a dictionary and read through the list it came from."""
    rows = [{"id": o.order_id, "n": 1} for o in s["orders"].itertuples()]
    by_id = {r["id"]: r for r in rows}
    by_id[105]["n"] = 7
    s["out"] = pd.DataFrame(rows)
    return s
