from collections import defaultdict

import pandas as pd


def execute(shared):
    visits = defaultdict(int)
    last_fee = {}
    first_seen = {}
    rows = []
    for o in shared["orders"].to_dict("records"):
        key = (o["customer_id"], o["currency"])
        visits[key] += 1
        earlier = last_fee.get(key)
        change = None if earlier is None else round(o["shipping_fee"] - earlier, 2)
        if key not in first_seen:
            first_seen[key] = o["order_id"]
        rows.append(
            {
                "id": o["order_id"],
                "visit": visits[key],
                "returning": key in last_fee,
                "first": first_seen[key],
                "change": -1.0 if change is None else change,
            }
        )
        last_fee[key] = o["shipping_fee"]
    shared["out"] = pd.DataFrame(rows)
    return shared
