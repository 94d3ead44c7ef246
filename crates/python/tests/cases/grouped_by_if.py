import pandas as pd


def execute(s):
    """Lists begun in a branch, records with a list among their fields, keys of two parts."""
    groups = {}
    for o in s["orders"].to_dict("records"):
        key = (o["channel"], o["currency"])
        if key not in groups:
            groups[key] = []
        groups[key].append({"id": o["order_id"], "status": o["status"]})
    rows = []
    for (channel, currency), items in sorted(groups.items()):
        open_ones = [i for i in items if i["status"] == "open"]
        rows.append((channel, currency, len(items), len(open_ones)))
    s["out"] = pd.DataFrame(rows, columns=["channel", "currency", "n", "open"])

    people = {}
    for o in s["orders"].itertuples():
        p = people.setdefault(o.customer_id, {"orders": 0, "ids": []})
        p["orders"] += 1
        if o.channel != "phone":
            p["ids"].append(o.order_id)
    more = []
    for c in s["customers"].itertuples():
        if c.customer_id in people:
            p = people[c.customer_id]
            for i in p["ids"]:
                more.append((c.full_name, p["orders"], i))
    s["more"] = pd.DataFrame(more, columns=["name", "orders", "id"])
    other = {}
    for o in s["orders"].itertuples():
        if o.channel in other:
            other[o.channel].append(o.order_id)
        else:
            other[o.channel] = [o.order_id]
    s["ends"] = pd.DataFrame([{"channel": k, "n": len(v), "max": max(v)} for k, v in other.items()])
    return s
