import pandas as pd

COLS = ["channel", "orders", "late_orders", "open_orders", "fees", "avg_fee", "rating"]
GOOD = 0.1
OK = 0.3


def execute(shared_state):
    orders = shared_state["orders"]
    if orders.empty:
        shared_state["service_levels"] = pd.DataFrame(columns=COLS)
        return shared_state

    acc = {}
    problem_orders = []
    for i, row in orders.iterrows():
        if row["status"] == "cancelled":
            continue
        channel = row["channel"]
        if channel not in acc:
            acc[channel] = {"n": 0, "late": 0, "open": 0, "fees": 0.0}
        acc[channel]["n"] += 1
        if row["shipped_on"] is None:
            acc[channel]["open"] += 1
        elif row["shipped_on"] > row["promised_on"]:
            acc[channel]["late"] += 1
            problem_orders.append({"order_id": row["order_id"], "channel": channel})
        acc[channel]["fees"] += row["shipping_fee"]

    # list for the service desk
    shared_state["problem_orders"] = pd.DataFrame(problem_orders, columns=["order_id", "channel"])

    result = []
    for channel, a in acc.items():
        share = a["late"] / a["n"]
        if share <= GOOD:
            rating = "green"
        elif share <= OK:
            rating = "amber"
        else:
            rating = "red"
        result.append({
            "channel": channel,
            "orders": a["n"],
            "late_orders": a["late"],
            "open_orders": a["open"],
            "fees": round(a["fees"], 2),
            "avg_fee": round(a["fees"] / a["n"], 2),
            "rating": rating,
        })
    shared_state["service_levels"] = pd.DataFrame(result, columns=COLS)
    return shared_state
