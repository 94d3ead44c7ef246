import pandas as pd


def execute(s):
    """A part of a record is changed in a later loop."""
    rows = [{"id": o.order_id, "at": {"place": o.channel, "n": 0}} for o in s["orders"].itertuples()]
    for r in rows:
        r["at"]["n"] = r["id"] * 2
    s["out"] = pd.DataFrame([{"id": r["id"], "place": r["at"]["place"], "n": r["at"]["n"]} for r in rows])
    return s
