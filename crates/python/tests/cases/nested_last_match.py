import pandas as pd


def execute(s):
    rows = []
    for _, o in s["orders"].iterrows():
        name = "?"
        for _, c in s["customers"].iterrows():
            if c["customer_id"] == o["customer_id"]:
                name = c["full_name"]
        rows.append({"id": o["order_id"], "name": name})
    s["out"] = pd.DataFrame(rows)
    return s
