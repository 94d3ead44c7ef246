import pandas as pd


def execute(s):
    """Places in a list: enumerate, slices, items, neighbours."""
    orders = sorted(s["orders"].to_dict("records"), key=lambda o: (o["promised_on"], -o["order_id"]))
    s["ranks"] = pd.DataFrame([{"rank": n, "id": o["order_id"]} for n, o in enumerate(orders, start=1)])
    s["head"] = pd.DataFrame([{"id": o["order_id"]} for o in orders[:3]])
    s["tail"] = pd.DataFrame([{"id": o["order_id"]} for o in orders[-3:]])
    s["middle"] = pd.DataFrame([{"id": o["order_id"]} for o in orders[2:-20]])
    s["back"] = pd.DataFrame([{"id": o["order_id"]} for o in orders[::-1]])
    s["again"] = pd.DataFrame([{"id": o["order_id"]} for o in reversed(orders)])
    gaps = []
    for a, b in zip(orders, orders[1:]):
        gaps.append({"from": a["order_id"], "to": b["order_id"],
                     "days": (b["promised_on"] - a["promised_on"]).days, "status": b["status"]})
    s["gaps"] = pd.DataFrame(gaps)
    s["some"] = pd.DataFrame([{"second": orders[1]["order_id"], "late": orders[-2]["order_id"]}])
    return s
