import calendar

import pandas as pd


def execute(shared_state):
    orders = shared_state["orders"]
    people = shared_state["customers"]
    day = shared_state["__etlEffectiveDate"]
    cols = ["region", "orders", "late", "avg_value", "band"]
    if orders.empty or people.empty:
        shared_state["out"] = pd.DataFrame(columns=cols)
        return shared_state

    region_of = {}
    for _, p in people.iterrows():
        region_of[p["customer_id"]] = p["region"] if p["region"] else "NONE"

    acc = {}
    for _, o in orders.iterrows():
        if o["status"] == "cancelled":
            continue
        r = region_of.get(o["customer_id"], "UNKNOWN")
        if r not in acc:
            acc[r] = [0, 0, 0.0]
        acc[r][0] += 1
        if o["shipped_on"] is not None and o["shipped_on"] > o["promised_on"]:
            acc[r][1] += 1
        acc[r][2] += o["shipping_fee"]

    rows = []
    for r, (n, late, total) in acc.items():
        avg = round(total / n, 2)
        band = "high" if avg > 10 else ("mid" if avg > 5 else "low")
        rows.append({"region": r, "orders": n, "late": late, "avg_value": avg, "band": band})
    if day.day == calendar.monthrange(day.year, day.month)[1]:
        rows.append({"region": "ALL", "orders": sum(v[0] for v in acc.values()), "late": sum(v[1] for v in acc.values()),
                     "avg_value": None, "band": ""})
    shared_state["out"] = pd.DataFrame(rows, columns=cols)
    return shared_state
