from collections import defaultdict

import pandas as pd


def execute(s):
    """Rows collected by key, then each key's rows looked at."""
    by_customer = {}
    for o in s["orders"].itertuples():
        by_customer.setdefault(o.customer_id, []).append(o)
    out = []
    for key, rows in by_customer.items():
        cancelled = 0
        for r in rows:
            if r.status == "cancelled":
                cancelled += 1
        out.append({"customer": key, "n": len(rows), "cancelled": cancelled,
                    "first": rows[0].order_id, "last": rows[-1].order_id,
                    "top": max(r.order_id for r in rows)})
    s["out"] = pd.DataFrame(out)

    lines = defaultdict(list)
    for _, l in s["order_lines"].iterrows():
        lines[int(l["order_id"])].append((int(l["line_no"]), int(l["quantity"])))
    flat = []
    for o in s["orders"].itertuples():
        for no, units in lines.get(o.order_id, []):
            flat.append({"order": o.order_id, "line": no, "units": units})
    s["flat"] = pd.DataFrame(flat)
    return s
