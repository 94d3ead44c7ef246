import pandas as pd


def execute(s):
    rows = []
    for o in s["orders"].itertuples():
        rows.append({"id": o.order_id, "ch": o.channel, "fee": o.shipping_fee})
    rows.sort(key=lambda r: r["ch"], reverse=True)
    top = sorted(rows, key=lambda r: (r["ch"], -r["fee"]))[:7]
    s["a"] = pd.DataFrame(rows)
    s["b"] = pd.DataFrame(top)
    return s
