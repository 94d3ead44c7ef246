"""Shipping priority: the ten open orders of a market segment with the highest revenue."""
from datetime import date

import pandas as pd

SEGMENT = "BUILDING"
DAY = date(1995, 3, 15)


def execute(shared_state):
    segment_customers = set()
    for _, customer in shared_state["customer"].iterrows():
        if customer["c_mktsegment"] == SEGMENT:
            segment_customers.add(customer["c_custkey"])

    open_orders = {}
    for o in shared_state["orders"].to_dict("records"):
        if o["o_custkey"] in segment_customers and o["o_orderdate"] < DAY:
            open_orders[o["o_orderkey"]] = (o["o_orderdate"], o["o_shippriority"])

    revenue = {}
    for l in shared_state["lineitem"].to_dict("records"):
        if l["l_shipdate"] <= DAY:
            continue
        order = l["l_orderkey"]
        if order in open_orders:
            revenue[order] = revenue.get(order, 0.0) + l["l_extendedprice"] * (1 - l["l_discount"])

    rows = []
    for order, amount in revenue.items():
        ordered_on, priority = open_orders[order]
        rows.append([order, amount, ordered_on, priority])
    rows = sorted(rows, key=lambda row: (-row[1], row[2]))[:10]
    shared_state["result"] = pd.DataFrame(rows, columns=["l_orderkey", "revenue", "o_orderdate", "o_shippriority"])
    return shared_state
