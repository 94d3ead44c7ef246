"""Minimum cost supplier."""
import pandas as pd


def execute(shared_state):
    part, partsupp = shared_state["part"], shared_state["partsupp"]
    supplier, nation, region = shared_state["supplier"], shared_state["nation"], shared_state["region"]

    europe = region[region["r_name"] == "EUROPE"]
    sellers = (
        supplier.merge(nation, left_on="s_nationkey", right_on="n_nationkey")
        .merge(europe, left_on="n_regionkey", right_on="r_regionkey")
    )
    brass = part[(part["p_size"] == 15) & part["p_type"].str.endswith("BRASS")]
    offers = brass.merge(partsupp, left_on="p_partkey", right_on="ps_partkey")
    offers = offers.merge(sellers, left_on="ps_suppkey", right_on="s_suppkey")
    lowest = offers.groupby("p_partkey")["ps_supplycost"].transform("min")
    best = offers[offers["ps_supplycost"] == lowest]
    best = best.sort_values(
        ["s_acctbal", "n_name", "s_name", "p_partkey"], ascending=[False, True, True, True])
    columns = ["s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment"]
    shared_state["result"] = best[columns].head(100)
    return shared_state
