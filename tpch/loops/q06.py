"""Forecast of a revenue change: what small orders of a year would bring without their discount."""
import datetime

import pandas as pd


def execute(shared_state):
    revenue = 0.0
    for _, line in shared_state["lineitem"].iterrows():
        shipped = line["l_shipdate"]
        if shipped.year != 1994:
            continue
        if not 0.05 <= line["l_discount"] <= 0.07:
            continue
        if line["l_quantity"] >= 24:
            continue
        revenue += line["l_extendedprice"] * line["l_discount"]
    shared_state["result"] = pd.DataFrame([{"revenue": revenue}])
    return shared_state
