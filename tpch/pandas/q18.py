"""Large volume customer."""
import pandas as pd


def execute(shared_state):
    quantity = shared_state["lineitem"].groupby("l_orderkey", as_index=False)["l_quantity"].sum()
    large = quantity[quantity["l_quantity"] > 300]
    df = shared_state["orders"].merge(large, left_on="o_orderkey", right_on="l_orderkey")
    df = df.merge(shared_state["customer"], left_on="o_custkey", right_on="c_custkey")
    df = df.rename(columns={"l_quantity": "sum_qty"})
    df = df[["c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice", "sum_qty"]]
    shared_state["result"] = df.sort_values(["o_totalprice", "o_orderdate"], ascending=[False, True]).head(100)
    return shared_state
