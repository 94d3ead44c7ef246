import pandas as pd


def spread(prices):
    return prices.max() - prices.min()


def summary(group):
    dear = group[group["unit_price"] > 50]
    return pd.Series({
        "lines": len(group),
        "gross": (group["unit_price"] * group["quantity"]).sum(),
        "dear": dear["quantity"].sum(),
    })


def execute(shared_state):
    lines = shared_state["order_lines"]
    orders = shared_state["orders"]
    tickets = shared_state["support_tickets"]
    shared_state["a_totals"] = lines.groupby("product_id")["unit_price"].sum().reset_index()
    shared_state["b_named"] = lines.groupby(["product_id", "line_no"], as_index=False).agg(
        n=("order_id", "count"), gross=("unit_price", "sum"), mean=("unit_price", "mean"), most=("quantity", "max"),
        middle=("unit_price", "median"), spread=("unit_price", spread), deviation=("unit_price", "std"))
    shared_state["c_status"] = orders.groupby("status").size().reset_index(name="orders")
    shared_state["d_first"] = orders.groupby("customer_id", sort=False).agg({"status": "first", "shipping_fee": "last", "currency": "nunique"}).reset_index()
    shared_state["e_scores"] = tickets.groupby("topic", as_index=False).agg(total=("satisfaction", "sum"), best=("satisfaction", "max"), answered=("satisfaction", "count"), mean=("satisfaction", "mean"), who=("customer_id", "max"))
    shared_state["f_apply"] = lines.groupby("line_no").apply(summary).reset_index()
    fees = {}
    for currency, fee in orders.groupby("currency")["shipping_fee"].mean().items():
        fees[currency] = fee
    totals = orders.groupby("channel")["shipping_fee"].sum().to_dict()
    rows = []
    for row in orders.to_dict("records"):
        rows.append({"order_id": row["order_id"], "mean": fees[row["currency"]], "channel": totals.get(row["channel"], 0.0)})
    shared_state["g_loops"] = pd.DataFrame(rows)
    top = lines.groupby("product_id")["quantity"].sum().reset_index(name="units").sort_values(["units", "product_id"], ascending=[False, True])
    shared_state["h_top"] = top.head(3)
    shared_state["i_sizes"] = lines.groupby("product_id", as_index=False).size()
    shared_state["j_lists"] = lines.groupby("line_no")["quantity"].agg(["sum", "max", "mean"]).reset_index()
    shared_state["k_latest"] = orders.sort_values(["ordered_at", "order_id"]).groupby("customer_id").tail(1)
    shared_state["l_heads"] = orders.groupby("channel").head(2)
    return shared_state
