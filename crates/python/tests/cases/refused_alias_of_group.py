import pandas as pd


def execute(s):
    """The list of a key is changed under another name."""
    groups = {}
    for o in s["orders"].itertuples():
        groups.setdefault(o.channel, []).append(o.order_id)
    web = groups["web"]
    web.append(7)
    s["out"] = pd.DataFrame([{"k": k, "n": len(v)} for k, v in groups.items()])
    return s
