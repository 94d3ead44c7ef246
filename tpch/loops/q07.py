"""Volume shipping: trade between two nations per year, in both directions."""
from datetime import date

import pandas as pd

PAIR = ("FRANCE", "GERMANY")


def nation_of(frame, key, nation_key, names):
    found = {}
    for row in frame.to_dict("records"):
        name = names[row[nation_key]]
        if name in PAIR:
            found[row[key]] = name
    return found


def execute(shared_state):
    names = {n["n_nationkey"]: n["n_name"] for _, n in shared_state["nation"].iterrows()}
    suppliers = nation_of(shared_state["supplier"], "s_suppkey", "s_nationkey", names)
    customers = nation_of(shared_state["customer"], "c_custkey", "c_nationkey", names)
    orders = {}
    for o in shared_state["orders"].to_dict("records"):
        if o["o_custkey"] in customers:
            orders[o["o_orderkey"]] = customers[o["o_custkey"]]

    volumes = {}
    for l in shared_state["lineitem"].to_dict("records"):
        if l["l_shipdate"] < date(1995, 1, 1) or l["l_shipdate"] > date(1996, 12, 31):
            continue
        if l["l_orderkey"] not in orders or l["l_suppkey"] not in suppliers:
            continue
        seller, buyer = suppliers[l["l_suppkey"]], orders[l["l_orderkey"]]
        if seller == buyer:
            continue
        key = (seller, buyer, l["l_shipdate"].year)
        volumes.setdefault(key, 0.0)
        volumes[key] += l["l_extendedprice"] * (1 - l["l_discount"])

    rows = [(s, b, y, v) for (s, b, y), v in volumes.items()]
    rows.sort(key=lambda r: (r[0], r[1], r[2]))
    shared_state["result"] = pd.DataFrame(rows, columns=["supp_nation", "cust_nation", "l_year", "revenue"])
    return shared_state
