import pandas as pd


def execute(shared):
    rows = sorted(shared["orders"].to_dict("records"), key=lambda r: (r["customer_id"], r["order_id"]))
    previous = None
    out = []
    for row in rows:
        if previous is not None and previous["customer_id"] == row["customer_id"]:
            gap = row["order_id"] - previous["order_id"]
            same = previous["channel"] == row["channel"]
            out.append({"id": row["order_id"], "after": previous["order_id"], "gap": gap, "same": same})
        elif previous is None:
            out.append({"id": row["order_id"], "after": 0, "gap": 0, "same": False})
        previous = row
    shared["out"] = pd.DataFrame(out, columns=["id", "after", "gap", "same"])
    return shared
