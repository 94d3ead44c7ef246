"""Customer distribution."""
import pandas as pd


def execute(shared_state):
    orders = shared_state["orders"]
    orders = orders[~orders["o_comment"].str.contains("special.*requests", regex=True)]
    df = shared_state["customer"].merge(orders, left_on="c_custkey", right_on="o_custkey", how="left")
    counts = df.groupby("c_custkey")["o_orderkey"].count().reset_index(name="c_count")
    dist = counts.groupby("c_count").size().reset_index(name="custdist")
    shared_state["result"] = dist.sort_values(["custdist", "c_count"], ascending=[False, False])
    return shared_state
