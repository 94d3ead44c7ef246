"""Top supplier."""
from datetime import date

import pandas as pd


def execute(shared_state):
    df = shared_state["lineitem"]
    df = df[(df["l_shipdate"] >= date(1996, 1, 1)) & (df["l_shipdate"] < date(1996, 4, 1))].copy()
    df["revenue"] = df["l_extendedprice"] * (1 - df["l_discount"])
    totals = df.groupby("l_suppkey", as_index=False).agg({"revenue": "sum"})
    totals.columns = ["supplier_no", "total_revenue"]
    best = totals[totals["total_revenue"] == totals["total_revenue"].max()]
    result = shared_state["supplier"].merge(best, left_on="s_suppkey", right_on="supplier_no")
    result = result.sort_values("s_suppkey")
    shared_state["result"] = result[["s_suppkey", "s_name", "s_address", "s_phone", "total_revenue"]]
    return shared_state
