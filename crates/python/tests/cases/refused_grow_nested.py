import pandas as pd


def execute(s):
    """The list of a key grows while the loop over another relation walks it."""
    groups = {}
    for o in s["orders"].itertuples():
        groups.setdefault(o.channel, []).append(o.order_id)
    out = []
    for c in s["customers"].itertuples():
        for i in groups["web"]:
            if i == c.customer_id:
                groups["web"].append(i + 1)
            out.append(i)
    s["out"] = pd.DataFrame({"id": out})
    return s
