"""Forecasting revenue change."""
from datetime import date

import pandas as pd


def execute(shared_state):
    l = shared_state["lineitem"]
    mask = (
        (l["l_shipdate"] >= date(1994, 1, 1))
        & (l["l_shipdate"] < date(1995, 1, 1))
        & l["l_discount"].between(0.05, 0.07)
        & (l["l_quantity"] < 24)
    )
    revenue = (l.loc[mask, "l_extendedprice"] * l.loc[mask, "l_discount"]).sum()
    shared_state["result"] = pd.DataFrame({"revenue": [revenue]})
    return shared_state
