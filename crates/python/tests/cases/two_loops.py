import pandas as pd


def execute(s):
    rows = [{"kind": "head", "id": 0}]
    for _, r in s["orders"].iterrows():
        if r["status"] == "open":
            rows.append({"kind": "order", "id": r["order_id"]})
        if r["channel"] == "web":
            rows.append({"kind": "web", "id": -r["order_id"]})
    for c in s["customers"].itertuples():
        rows.append({"kind": "customer", "id": c.customer_id})
    s["out"] = pd.DataFrame(rows)
    return s
