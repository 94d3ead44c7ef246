"""Local supplier volume."""
from datetime import date

import pandas as pd


def execute(shared_state):
    # The load date is the same everywhere and would only get in the way of the merges.
    region, nation, customer, supplier, orders, lineitem = (
        shared_state[name].drop(columns="as_of")
        for name in ["region", "nation", "customer", "supplier", "orders", "lineitem"]
    )

    orders = orders[(orders["o_orderdate"] >= date(1994, 1, 1)) & (orders["o_orderdate"] < date(1995, 1, 1))]
    joined = pd.merge(lineitem, orders, left_on="l_orderkey", right_on="o_orderkey", how="inner")
    joined = pd.merge(joined, customer, left_on="o_custkey", right_on="c_custkey")
    # The supplier has to be of the customer's nation.
    joined = pd.merge(joined, supplier, left_on=["l_suppkey", "c_nationkey"], right_on=["s_suppkey", "s_nationkey"])
    joined = pd.merge(joined, nation, left_on="s_nationkey", right_on="n_nationkey")
    joined = pd.merge(joined, region[region["r_name"] == "ASIA"], left_on="n_regionkey", right_on="r_regionkey")
    joined = joined.assign(revenue=joined["l_extendedprice"] * (1 - joined["l_discount"]))
    result = joined.groupby("n_name", as_index=False)["revenue"].sum()
    shared_state["result"] = result.sort_values("revenue", ascending=False)
    return shared_state
