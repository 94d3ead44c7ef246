import pandas as pd


def execute(s):
    """Customers, their orders, the lines of those; totals per customer and per region."""
    orders = list(s["orders"].itertuples())
    lines = list(s["order_lines"].itertuples())
    out = []
    regions = {}
    for c in s["customers"].itertuples():
        units = 0
        for o in orders:
            if o.customer_id != c.customer_id:
                continue
            for l in lines:
                if l.order_id == o.order_id:
                    units += l.quantity
                    regions[c.region] = regions.get(c.region, 0) + l.quantity
        out.append({"name": c.full_name, "units": units})
    s["out"] = pd.DataFrame(out)
    s["regions"] = pd.DataFrame([{"region": k, "units": v} for k, v in regions.items()])
    return s
