import pandas as pd


def execute(s):
    """The list grows while it is walked, so what is added is walked, too."""
    ids = [o.order_id for o in s["orders"].itertuples()]
    for i in ids:
        if i < 300:
            ids.append(i + 100)
    s["out"] = pd.DataFrame({"id": ids})
    return s
