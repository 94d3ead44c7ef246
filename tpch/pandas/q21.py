"""Suppliers who kept orders waiting."""
import pandas as pd


def execute(shared_state):
    orders = shared_state["orders"][["o_orderkey", "o_orderstatus"]]
    nation = shared_state["nation"][["n_nationkey", "n_name"]]
    supplier = shared_state["supplier"][["s_suppkey", "s_name", "s_nationkey"]]
    lineitem = shared_state["lineitem"]
    per_order = lineitem.groupby("l_orderkey")["l_suppkey"].nunique().reset_index(name="suppliers")
    late = lineitem[lineitem["l_receiptdate"] > lineitem["l_commitdate"]]
    late_per_order = late.groupby("l_orderkey")["l_suppkey"].nunique().reset_index(name="late_suppliers")

    df = late.merge(per_order, on="l_orderkey").merge(late_per_order, on="l_orderkey")
    df = df[(df["suppliers"] > 1) & (df["late_suppliers"] == 1)]
    df = df.merge(orders[orders["o_orderstatus"] == "F"], left_on="l_orderkey", right_on="o_orderkey")
    df = df.merge(supplier, left_on="l_suppkey", right_on="s_suppkey")
    df = df.merge(nation[nation["n_name"] == "SAUDI ARABIA"], left_on="s_nationkey", right_on="n_nationkey")
    waiting = df.groupby("s_name").agg(numwait=("l_orderkey", "size")).reset_index()
    shared_state["result"] = waiting.sort_values(["numwait", "s_name"], ascending=[False, True]).head(100)
    return shared_state
