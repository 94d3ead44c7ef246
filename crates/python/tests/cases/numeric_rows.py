import pandas as pd


def execute(s):
    o = s["order_lines"][["order_id", "quantity", "unit_price"]]
    rows = []
    for _, r in o.iterrows():
        rows.append({"id": r["order_id"], "v": r["quantity"] * r["unit_price"]})
    p = s["order_lines"][["order_id", "quantity"]]
    d = {}
    for _, r in p.iterrows():
        d[r["order_id"]] = d.get(r["order_id"], 0) + r["quantity"]
    s["out"] = pd.DataFrame(rows)
    s["two"] = pd.DataFrame([{"k": k, "v": v, "h": v / 2} for k, v in d.items()])
    return s
