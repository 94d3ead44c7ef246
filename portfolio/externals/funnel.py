import numpy as np
import pandas as pd

STAGES = {"home": 1, "search": 1, "help": 0, "account": 0, "product": 2, "cart": 3, "checkout": 4}


def stage_name(row):
    if row["converted"] and pd.notna(row["customer_id"]):
        return "bought"
    if row["stage"] == 4:
        return "checkout"
    elif row["stage"] == 3:
        return "cart"
    elif row["stage"] == 2:
        return "product"
    return "visit"


def transform(shared_state):
    date = shared_state["__etlEffectiveDate"]
    sessions = shared_state["sessions"]
    views = shared_state["views"]

    # furthest page per session, home page does not count
    views = views[views["page"] != "home"]
    views = views.assign(stage=views["page"].map(STAGES))
    stages = views.groupby("session_id", as_index=False)["stage"].max()
    products = views[views["product_id"].notna()].groupby("session_id")["product_id"].nunique().reset_index()
    funnel = sessions.merge(stages, how="left", on="session_id")
    funnel["stage"] = funnel["stage"].fillna(0)
    funnel = funnel.merge(products, how="left", on="session_id")
    funnel["product_id"] = funnel["product_id"].fillna(1)
    funnel["country"] = funnel.apply(stage_name, axis=1)
    funnel["device"] = funnel.apply(lambda r: "mobile" if r["device"] in ("phone", "tablet") else r["device"], axis=1)

    # money of the web orders
    orders = shared_state["orders"]
    orders = orders[(orders["channel"] == "web") | (orders["channel"] == "app")]
    orders = orders.merge(shared_state["totals"], how="inner", on="order_id")
    buyers = orders.groupby("customer_id", as_index=False)["net_amount"].sum()
    buyers["customer_id"] = buyers["customer_id"].astype(float)
    sessions_known = funnel[funnel["customer_id"].notna()].copy()
    sessions_known["customer_id"] = sessions_known["customer_id"].astype(float)
    bought = sessions_known.merge(buyers, how="inner", on="customer_id")
    revenue = bought.groupby("device")["net_amount"].sum()

    # referrers, best first
    ref = funnel.groupby("referrer").size().sort_values(ascending=False)
    shared_state["referrers"] = ref.reset_index()

    pivot = funnel.pivot_table(index="device", columns="country", values="session_id", aggfunc="count", fill_value=0)
    pivot = pivot.reindex(columns=["visit", "product", "cart", "checkout", "bought"], fill_value=0)
    looked = funnel.groupby("device")["product_id"].mean()
    stay = funnel.groupby("device")["seconds"].mean()

    year, week, weekday = date.isocalendar()
    week_label = "%d-W%02d" % (year, week)
    quarter = "%d-Q%d" % (date.year, (date.month + 2) // 3)

    # title line, excel needs it
    lines = [["week", "quarter", "device", "visits", "product", "cart", "checkout", "bought", "conversion",
              "products_viewed", "avg_seconds", "revenue"]]
    for device in pivot.index:
        p = pivot.loc[device]
        visits = int(p.sum())
        lines.append([
            week_label,
            quarter,
            device,
            str(visits),
            str(int(p["product"] + p["cart"] + p["checkout"] + p["bought"])),
            str(int(p["cart"] + p["checkout"] + p["bought"])),
            str(int(p["checkout"] + p["bought"])),
            str(int(p["bought"])),
            "%.2f%%" % (100.0 * p["bought"] / visits),
            "%.2f" % looked[device],
            "%.0f" % np.round(stay[device]),
            "%.2f" % revenue.get(device, 0.0),
        ])
    shared_state["funnel"] = pd.DataFrame(lines, columns=lines[0])
    return shared_state
