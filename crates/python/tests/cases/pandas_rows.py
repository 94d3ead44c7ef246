import pandas as pd


def execute(shared_state):
    o = shared_state["orders"][["order_id", "customer_id", "channel", "shipping_fee", "ordered_at"]].copy()
    o = o.sort_values(["ordered_at", "order_id"])
    o["place"] = o.groupby("channel").cumcount() + 1
    o["before"] = o.groupby("channel")["order_id"].shift(1)
    o["next_fee"] = o["shipping_fee"].shift(-1)
    o["moved"] = o["order_id"].diff()
    o["running"] = o["order_id"].cumsum()
    o["running_fee"] = o["shipping_fee"].cumsum()
    o["rank"] = o.groupby("channel")["shipping_fee"].rank(method="dense", ascending=False)
    o["average_rank"] = o["shipping_fee"].rank()
    o["group_fee"] = o.groupby("channel")["shipping_fee"].transform("sum")
    o["share"] = o["shipping_fee"] / o["group_fee"]
    o["most"] = o.groupby("channel")["order_id"].transform("max")
    o["gap"] = o["shipping_fee"] - o.groupby("channel")["shipping_fee"].transform("mean")
    shared_state["a_rows"] = o
    shared_state["b_latest"] = o.drop_duplicates("customer_id", keep="last")
    shared_state["c_single"] = o.drop_duplicates(subset=["customer_id"], keep=False)
    shared_state["d_top"] = o.nlargest(4, "order_id")
    shared_state["e_best"] = o[o["order_id"] == o.groupby("channel")["order_id"].transform("max")]
    first = o.iloc[0]
    shared_state["f_first"] = pd.DataFrame([{"id": first["order_id"], "channel": first["channel"], "last": o["order_id"].iloc[-1]}])
    r = shared_state["exchange_rates"]
    shared_state["g_long"] = r.assign(twice=r["rate"] * 2).melt(id_vars=["currency", "source"], value_vars=["rate", "twice"], var_name="kind", value_name="amount")
    names = shared_state["customers"].drop_duplicates("customer_id").set_index("customer_id")["full_name"]
    o["name"] = o["customer_id"].map(names)
    per_channel = o.groupby("channel")["order_id"].count()
    o["channel_orders"] = o["channel"].map(per_channel)
    shared_state["h_names"] = o[["order_id", "name", "channel_orders"]]
    shared_state["i_head"] = o.groupby("channel").head(2)
    return shared_state
