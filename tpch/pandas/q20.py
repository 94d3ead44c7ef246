"""Potential part promotion."""
from datetime import date

import pandas as pd


def execute(shared_state):
    part = shared_state["part"]
    nation = shared_state["nation"]
    l = shared_state["lineitem"]
    l = l[(l["l_shipdate"] >= date(1994, 1, 1)) & (l["l_shipdate"] < date(1995, 1, 1))]
    shipped = l.groupby(["l_partkey", "l_suppkey"])["l_quantity"].sum().reset_index(name="sum_qty")
    shipped["half"] = shipped["sum_qty"] * 0.5

    forest = part[part["p_name"].str.startswith("forest")]["p_partkey"]
    ps = shared_state["partsupp"]
    ps = ps[ps["ps_partkey"].isin(forest)]
    ps = ps.merge(shipped, left_on=["ps_partkey", "ps_suppkey"], right_on=["l_partkey", "l_suppkey"])
    ps = ps[ps["ps_availqty"] > ps["half"]].drop_duplicates(subset=["ps_suppkey"])

    s = shared_state["supplier"].merge(nation[nation["n_name"] == "CANADA"], left_on="s_nationkey", right_on="n_nationkey")
    s = s[s["s_suppkey"].isin(ps["ps_suppkey"])]
    shared_state["result"] = s[["s_name", "s_address"]].sort_values("s_name")
    return shared_state
