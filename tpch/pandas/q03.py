"""Shipping priority."""
import datetime

import pandas as pd

DAY = datetime.date(1995, 3, 15)


def execute(shared_state):
    customer = shared_state["customer"].query("c_mktsegment == 'BUILDING'")
    orders = shared_state["orders"]
    orders = orders[orders.o_orderdate < DAY]
    lineitem = shared_state["lineitem"]
    lineitem = lineitem[lineitem.l_shipdate > DAY]

    df = customer.merge(orders, left_on="c_custkey", right_on="o_custkey")
    df = df.merge(lineitem, left_on="o_orderkey", right_on="l_orderkey")
    df["revenue"] = df.l_extendedprice * (1 - df.l_discount)
    top = (
        df.groupby(["l_orderkey", "o_orderdate", "o_shippriority"])["revenue"]
        .sum()
        .reset_index()
        .sort_values(["revenue", "o_orderdate"], ascending=[False, True])
        .head(10)
    )
    shared_state["result"] = top[["l_orderkey", "revenue", "o_orderdate", "o_shippriority"]]
    return shared_state
