import pandas as pd


def execute(s):
    """Places among the rows of a key."""
    groups = {}
    for o in s["orders"].itertuples():
        groups.setdefault(o.channel, []).append(o)
    top = []
    pairs = []
    for channel, rows in groups.items():
        ranked = sorted(rows, key=lambda o: o.promised_on, reverse=True)
        for place, o in enumerate(ranked[:2], 1):
            top.append((channel, place, o.order_id))
        for a, b in zip(rows, rows[1:]):
            pairs.append((channel, a.order_id, b.order_id - a.order_id))
        for o in rows[-1:]:
            top.append((channel, 0, o.order_id))
    s["pairs"] = pd.DataFrame(pairs, columns=["channel", "id", "gap"])
    return s
