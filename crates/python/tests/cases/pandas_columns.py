import numpy as np
import pandas as pd

LABELS = {"EUR": "euro", "USD": "dollar"}
WEIGHTS = {"web": 1, "shop": 2}


def execute(shared_state):
    o = shared_state["orders"].copy()
    o["label"] = o["currency"].map(LABELS)
    o["weight"] = o["channel"].map(WEIGHTS)
    o["all_weights"] = o["channel"].map({"web": 1, "shop": 2, "phone": 3})
    o["state"] = np.where(o["status"].isna(), "none", o["status"])
    o["size"] = np.select([o["shipping_fee"] > 12, o["shipping_fee"] > 6], ["big", "mid"], default="small")
    o["open"] = o["status"].eq("open")
    o["upper"] = o["status"].str.upper()
    o["has_e"] = o["status"].str.contains("e", na=False)
    o["letters"] = o["status"].str.len()
    o["short"] = o["status"].str[:3]
    o["year"] = o["ordered_at"].dt.year
    o["day"] = o["ordered_at"].dt.strftime("%Y-%m-%d")
    o["quarter"] = o["ordered_at"].dt.quarter
    o["big_fee"] = o["shipping_fee"].where(o["shipping_fee"] > 5)
    o["capped"] = o["shipping_fee"].clip(upper=10)
    o["late"] = o["order_id"].where(o["channel"] == "web", 0)
    o.loc[o["channel"] == "phone", "shipping_fee"] = 0
    o.loc[o["currency"] == "GBP", "note"] = "abroad"
    o["share"] = np.where(o["shipping_fee"] > 0, o["order_id"] / o["shipping_fee"], 0.0)
    o["between"] = o["shipping_fee"].between(3, 10)
    shared_state["a_orders"] = o
    t = shared_state["support_tickets"].copy()
    t["filled"] = t["satisfaction"].fillna(0)
    t["whole"] = t["satisfaction"].fillna(0).astype(int)
    t["half"] = t["satisfaction"].fillna(0.5)
    t["known"] = t["satisfaction"].notna()
    shared_state["b_tickets"] = t
    c = shared_state["customers"]
    shared_state["c_filled"] = c.fillna({"email": "-", "region": "nowhere"})
    shared_state["d_kept"] = c.dropna(subset=["email", "region"])
    shared_state["e_known"] = c[c["customer_id"].isin(o["customer_id"])]
    shared_state["f_new"] = c[~c["customer_id"].isin(o[o["channel"] == "web"]["customer_id"])]
    total = o["shipping_fee"].sum()
    mean = o["shipping_fee"].mean()
    rows = []
    for row in o.to_dict("records"):
        rows.append({"id": row["order_id"], "share": row["shipping_fee"] / total if total else 0.0, "above": row["shipping_fee"] > mean})
    shared_state["g_shares"] = pd.DataFrame(rows)
    shared_state["h_totals"] = pd.DataFrame([{"rows": len(o), "most": o["order_id"].max(), "fees": total, "kinds": o["currency"].nunique(), "answered": int(t["satisfaction"].count()), "median": o["shipping_fee"].median()}])
    return shared_state
