"""Top supplier: whoever contributed most to the revenue of a quarter."""
import datetime

import pandas as pd


def in_quarter(day):
    return datetime.date(1996, 1, 1) <= day < datetime.date(1996, 4, 1)


def execute(shared_state):
    revenue = {}
    for line in shared_state["lineitem"].to_dict("records"):
        if in_quarter(line["l_shipdate"]):
            supplier = line["l_suppkey"]
            revenue[supplier] = revenue.get(supplier, 0.0) + line["l_extendedprice"] * (1 - line["l_discount"])

    best = max(revenue.values())
    result = []
    for _, s in shared_state["supplier"].iterrows():
        total = revenue.get(s["s_suppkey"])
        if total == best:
            result.append([s["s_suppkey"], s["s_name"], s["s_address"], s["s_phone"], total])
    result.sort(key=lambda r: r[0])
    shared_state["result"] = pd.DataFrame(
        result, columns=["s_suppkey", "s_name", "s_address", "s_phone", "total_revenue"])
    return shared_state
