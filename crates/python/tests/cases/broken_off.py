import pandas as pd


def until(rows, number):
    seen = []
    for r in rows:
        if r["order_id"] == number:
            return seen
        seen.append(r["customer_id"])
    return seen


def execute(s):
    """Loops that stop after they have changed things."""
    rows = []
    for _, r in s["orders"].iterrows():
        if r["order_id"] > 110:
            break
        rows.append(r["order_id"])
    s["a"] = pd.DataFrame({"id": rows})
    count = 0
    total = 0.0
    by_channel = {}
    for o in s["orders"].itertuples():
        count += 1
        if o.status == "shipped":
            by_channel["stopped"] = o.order_id
            break
        total += o.shipping_fee
        last = o.order_id
    else:
        count = -1
    s["b"] = pd.DataFrame([{"n": count, "total": total}])
    sums = {}
    for o in s["orders"].to_dict("records"):
        if o["order_id"] > 120 and o["channel"] == "web":
            break
        sums[o["channel"]] = sums.get(o["channel"], 0) + o["customer_id"]
    s["c"] = pd.DataFrame([{"k": k, "v": v} for k, v in sums.items()])
    records = s["orders"].to_dict("records")
    s["d"] = pd.DataFrame({"id": until(records, 105) + until(records, -1)})
    none = []
    for o in records:
        if o["order_id"] >= 100:
            break
        none.append(o["order_id"])
    else:
        none.append(0)
    s["e"] = pd.DataFrame({"id": [1, len(none)]})
    return s
