"""Returned item reporting."""
from datetime import date

import pandas as pd


def execute(shared_state):
    o = shared_state["orders"].drop(columns="as_of")
    l = shared_state["lineitem"].drop(columns="as_of")
    n = shared_state["nation"][["n_nationkey", "n_name"]]
    o = o[(o["o_orderdate"] >= date(1993, 10, 1)) & (o["o_orderdate"] < date(1994, 1, 1))]
    l = l[l["l_returnflag"] == "R"]
    j = shared_state["customer"].merge(o, left_on="c_custkey", right_on="o_custkey", how="inner")
    j = j.merge(l, left_on="o_orderkey", right_on="l_orderkey", how="inner")
    j = j.merge(n, left_on="c_nationkey", right_on="n_nationkey", how="inner")
    j["revenue"] = j["l_extendedprice"] * (1.0 - j["l_discount"])
    keys = ["c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment"]
    g = j.groupby(keys, sort=False)["revenue"].sum().reset_index()
    g = g.sort_values("revenue", ascending=False).head(20)
    shared_state["result"] = g[
        ["c_custkey", "c_name", "revenue", "c_acctbal", "n_name", "c_address", "c_phone", "c_comment"]]
    return shared_state
