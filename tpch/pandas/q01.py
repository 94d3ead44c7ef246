"""Pricing summary report."""
from datetime import date

import pandas as pd


def execute(shared_state):
    lineitem = shared_state["lineitem"]
    df = lineitem[lineitem["l_shipdate"] <= date(1998, 9, 2)].copy()
    df["disc_price"] = df["l_extendedprice"] * (1 - df["l_discount"])
    df["charge"] = df["disc_price"] * (1 + df["l_tax"])
    result = df.groupby(["l_returnflag", "l_linestatus"], as_index=False).agg(
        sum_qty=("l_quantity", "sum"),
        sum_base_price=("l_extendedprice", "sum"),
        sum_disc_price=("disc_price", "sum"),
        sum_charge=("charge", "sum"),
        avg_qty=("l_quantity", "mean"),
        avg_price=("l_extendedprice", "mean"),
        avg_disc=("l_discount", "mean"),
        count_order=("l_orderkey", "count"),
    )
    shared_state["result"] = result.sort_values(["l_returnflag", "l_linestatus"])
    return shared_state
