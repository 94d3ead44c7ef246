import pandas as pd


def execute(s):
    """The inner dictionary is thrown away at times."""
    by = {}
    for o in s["orders"].itertuples():
        if o.channel not in by or o.status == "open":
            by[o.channel] = {}
        by[o.channel][o.currency] = o.order_id
    s["out"] = pd.DataFrame([{"k": k, "c": c, "v": v} for k, d in by.items() for c, v in d.items()])
    return s
