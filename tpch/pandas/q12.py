"""Shipping modes and order priority."""
import datetime

import numpy as np
import pandas as pd


def execute(shared_state):
    l = shared_state["lineitem"]
    l = l[
        l["l_shipmode"].isin(["MAIL", "SHIP"])
        & (l["l_commitdate"] < l["l_receiptdate"])
        & (l["l_shipdate"] < l["l_commitdate"])
        & (l["l_receiptdate"] >= datetime.date(1994, 1, 1))
        & (l["l_receiptdate"] < datetime.date(1995, 1, 1))
    ]
    df = l.merge(shared_state["orders"], left_on="l_orderkey", right_on="o_orderkey")
    urgent = df["o_orderpriority"].isin(["1-URGENT", "2-HIGH"])
    df["high_line_count"] = np.where(urgent, 1, 0)
    df["low_line_count"] = np.where(urgent, 0, 1)
    result = df.groupby("l_shipmode", as_index=False)[["high_line_count", "low_line_count"]].sum()
    shared_state["result"] = result
    return shared_state
