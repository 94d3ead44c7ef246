import pandas as pd


def execute(s):
    """The outer loop reads what the inner loop has counted so far."""
    count = 0
    out = []
    for o in s["orders"].itertuples():
        for l in s["order_lines"].itertuples():
            if l.order_id == o.order_id:
                count += 1
        out.append((o.order_id, count))
    s["out"] = pd.DataFrame(out, columns=["id", "count"])
    return s
