"""Promotion effect."""
import datetime

import pandas as pd


def execute(shared_state):
    lineitem = shared_state["lineitem"]
    start, end = datetime.date(1995, 9, 1), datetime.date(1995, 10, 1)
    lineitem = lineitem[(lineitem["l_shipdate"] >= start) & (lineitem["l_shipdate"] < end)]
    df = lineitem.merge(shared_state["part"], how="inner", left_on="l_partkey", right_on="p_partkey")
    df["revenue"] = df["l_extendedprice"] * (1 - df["l_discount"])
    promo = df[df["p_type"].str.startswith("PROMO")]["revenue"].sum()
    result = 100.0 * promo / df["revenue"].sum()
    shared_state["result"] = pd.DataFrame([{"promo_revenue": result}])
    return shared_state
