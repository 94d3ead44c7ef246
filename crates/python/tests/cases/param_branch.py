import pandas as pd


def execute(s):
    day = s["__etlEffectiveDate"]
    rows = []
    for o in s["orders"].itertuples():
        rows.append({"id": o.order_id, "v": 1})
    if day.month == 10:
        for c in s["customers"].itertuples():
            rows.append({"id": c.customer_id, "v": 2})
        if day.day == 30:
            rows.append({"id": 0, "v": 3})
    if day.weekday() == 3:
        s["out"] = pd.DataFrame(rows)
    else:
        s["out"] = pd.DataFrame(columns=["id", "v"])
    return s
