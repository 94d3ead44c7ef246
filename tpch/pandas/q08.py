"""National market share."""
import pandas as pd


def execute(shared_state):
    s = {name: shared_state[name].drop(columns=["as_of"])
         for name in ("region", "nation", "supplier", "part", "customer", "orders", "lineitem")}
    part = s["part"][s["part"]["p_type"] == "ECONOMY ANODIZED STEEL"]
    orders = s["orders"].copy()
    orders["o_orderdate"] = pd.to_datetime(orders["o_orderdate"])
    orders = orders[orders["o_orderdate"].between(pd.Timestamp(1995, 1, 1), pd.Timestamp(1996, 12, 31))]
    america = s["nation"].merge(
        s["region"][s["region"]["r_name"] == "AMERICA"], left_on="n_regionkey", right_on="r_regionkey")
    customers = s["customer"][s["customer"]["c_nationkey"].isin(america["n_nationkey"])]
    orders = orders[orders["o_custkey"].isin(customers["c_custkey"])]

    df = part.merge(s["lineitem"], left_on="p_partkey", right_on="l_partkey")
    df = df.merge(orders, left_on="l_orderkey", right_on="o_orderkey")
    df = df.merge(s["supplier"], left_on="l_suppkey", right_on="s_suppkey")
    df = df.merge(s["nation"], left_on="s_nationkey", right_on="n_nationkey")
    df["o_year"] = df["o_orderdate"].dt.year
    df["volume"] = df["l_extendedprice"] * (1 - df["l_discount"])
    df["own"] = df["volume"].where(df["n_name"] == "BRAZIL", 0.0)
    sums = df.groupby("o_year")[["own", "volume"]].sum()
    sums["mkt_share"] = sums["own"] / sums["volume"]
    shared_state["result"] = sums.reset_index()[["o_year", "mkt_share"]]
    return shared_state
