from decimal import Decimal, ROUND_HALF_EVEN
import pandas as pd


def calc(price, quantity, disc):
    x = Decimal(str(price)) * int(quantity) * (1 - Decimal(str(disc)))
    return x.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def sum_orders(lines):
    per_order = {}
    for _, r in lines.iterrows():
        value = calc(r["unit_price"], r["quantity"], r["discount_rate"])
        if r["order_id"] not in per_order:
            per_order[r["order_id"]] = (1, r["quantity"], value)
        else:
            old = per_order[r["order_id"]]
            per_order[r["order_id"]] = (old[0] + 1, old[1] + r["quantity"], old[2] + value)
    result = []
    for order_id, (count, units, value) in per_order.items():
        result.append((order_id, count, units, float(value)))
    return pd.DataFrame(result, columns=["order_id", "line_count", "units", "net_amount"])


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    totals = sum_orders(shared_state["order_lines"])
    amount_of = {}
    for t in totals.itertuples():
        amount_of[t.order_id] = t.net_amount

    region_of = {}
    for c in shared_state["customers"].to_dict("records"):
        if c["as_of"] != today:
            continue
        region_of[c["customer_id"]] = c["region"] if c["region"] else "NO REGION"

    sums = {}
    counts = {}
    for o in shared_state["orders"].itertuples():
        if o.order_id not in amount_of:
            continue
        region = region_of.get(o.customer_id, "UNKNOWN")
        sums[region] = sums.get(region, 0.0) + amount_of[o.order_id]
        counts[region] = counts.get(region, 0) + 1

    rows = []
    for region in sorted(sums):
        rows.append({
            "region": region,
            "orders": counts[region],
            "revenue": round(sums[region], 2),
            "avg_order": round(sums[region] / counts[region], 2),
        })
    shared_state["region_revenue"] = pd.DataFrame(rows, columns=["region", "orders", "revenue", "avg_order"])
    return shared_state
