import pandas as pd


def execute(s):
    """Every pair of an order and its lines, and a count of all pairs."""
    pairs = []
    seen = 0
    lines = s["order_lines"].to_dict("records")
    for o in s["orders"].itertuples():
        fee = o.shipping_fee
        for line in lines:
            if line["order_id"] != o.order_id:
                continue
            seen += 1
            pairs.append({"order_id": o.order_id, "line": line["line_no"], "status": o.status,
                          "units": line["quantity"], "fee": fee})
    s["pairs"] = pd.DataFrame(pairs)
    s["seen"] = pd.DataFrame([{"seen": seen}])
    return s
