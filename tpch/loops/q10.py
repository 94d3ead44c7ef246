"""Returned items: the twenty customers who cost most in returned parts of a quarter."""
import datetime as dt

import pandas as pd

START = dt.date(1993, 10, 1)
END = dt.date(1994, 1, 1)


def execute(shared_state):
    nation_name = {}
    for _, row in shared_state["nation"].iterrows():
        nation_name[row["n_nationkey"]] = row["n_name"]

    buyer = {}
    for row in shared_state["orders"].to_dict("records"):
        if START <= row["o_orderdate"] < END:
            buyer[row["o_orderkey"]] = row["o_custkey"]

    lost = {}
    for row in shared_state["lineitem"].to_dict("records"):
        if row["l_returnflag"] != "R":
            continue
        customer = buyer.get(row["l_orderkey"])
        if customer is not None:
            lost[customer] = lost.get(customer, 0) + row["l_extendedprice"] * (1 - row["l_discount"])

    result = []
    for c in shared_state["customer"].to_dict("records"):
        if c["c_custkey"] in lost:
            result.append({
                "c_custkey": c["c_custkey"],
                "c_name": c["c_name"],
                "revenue": lost[c["c_custkey"]],
                "c_acctbal": c["c_acctbal"],
                "n_name": nation_name[c["c_nationkey"]],
                "c_address": c["c_address"],
                "c_phone": c["c_phone"],
                "c_comment": c["c_comment"],
            })
    result.sort(key=lambda r: r["revenue"], reverse=True)
    shared_state["result"] = pd.DataFrame(result[:20])
    return shared_state
