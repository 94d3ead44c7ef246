import pandas as pd


def execute(shared):
    records = shared["orders"].sort_values("customer_id", kind="stable").to_dict("records")
    out = []
    current = None
    count = 0
    fees = 0.0
    for rec in records:
        if rec["customer_id"] != current:
            if current is not None:
                out.append({"customer": current, "orders": count, "fees": round(fees, 2)})
            current = rec["customer_id"]
            count = 0
            fees = 0.0
        count += 1
        fees += rec["shipping_fee"]
    if current is not None:
        out.append({"customer": current, "orders": count, "fees": round(fees, 2)})
    shared["out"] = pd.DataFrame(out, columns=["customer", "orders", "fees"])
    return shared
