from decimal import Decimal, ROUND_HALF_EVEN
import pandas as pd

CENT = Decimal("0.01")

def D(x): return Decimal(str(x))

def q(x): return x.quantize(CENT, rounding=ROUND_HALF_EVEN)

def verdict(pct):
    if pct is None: return "new"
    if pct > 5: return "too dear"
    if pct > Decimal("0.5"): return "dearer"
    if pct < Decimal("-0.5"): return "cheaper"
    return "same"

def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    d = shared_state["deliveries"].to_dict("records")
    p = shared_state["products"].to_dict("records")
    s = shared_state["stock"].to_dict("records")

    master = {x["product_id"]: {"cost": x["unit_cost"], "sku": x["sku"], "sup": x["supplier_id"]} for x in p}

    on_stock = {}
    for x in s:
        if x["product_id"] not in on_stock:      # main warehouse comes first
            on_stock[x["product_id"]] = x["on_hand"]

    res = []
    for x in d:
        if x["as_of"] == today:
            if x["delivered_on"] is not None:
                m = master.get(x["product_id"])
                paid = D(x["unit_cost"])
                total = q(paid * int(x["quantity"]))
                if m is None:
                    sku = "?"
                    diff = None
                    pct = None
                    gap = None
                else:
                    sku = m["sku"]
                    diff = paid - D(m["cost"])
                    pct = q(diff * 100 / D(m["cost"]))
                    gap = q(diff * on_stock.get(x["product_id"], 0))
                res.append({
                    "delivery_id": x["delivery_id"],
                    "revision": x["revision"],
                    "supplier_id": x["supplier_id"],
                    "sku": sku,
                    "usual_supplier": "Y" if m is not None and m["sup"] == x["supplier_id"] else "N",
                    "quantity": x["quantity"],
                    "paid_price": q(paid),
                    "total_paid": total,
                    "variance_pct": pct,
                    "stock_gap": gap,
                    "verdict": verdict(pct),
                    "delivered_on": x["delivered_on"],
                })
    shared_state["history"] = pd.DataFrame(res, columns=["delivery_id", "revision", "supplier_id", "sku", "usual_supplier",
        "quantity", "paid_price", "total_paid", "variance_pct", "stock_gap", "verdict", "delivered_on"])
    return shared_state
