"""Local supplier volume: revenue of a region where customer and supplier are of one nation."""
import datetime
from collections import defaultdict

import pandas as pd


def execute(shared_state):
    first, last = datetime.date(1994, 1, 1), datetime.date(1995, 1, 1)
    asia = None
    for _, region in shared_state["region"].iterrows():
        if region["r_name"] == "ASIA":
            asia = region["r_regionkey"]

    nation_names = {}
    for _, nation in shared_state["nation"].iterrows():
        if nation["n_regionkey"] == asia:
            nation_names[nation["n_nationkey"]] = nation["n_name"]
    customer_nation = {c["c_custkey"]: c["c_nationkey"] for c in shared_state["customer"].to_dict("records")}
    supplier_nation = {s["s_suppkey"]: s["s_nationkey"] for s in shared_state["supplier"].to_dict("records")}
    order_nation = {}
    for o in shared_state["orders"].to_dict("records"):
        if o["o_orderdate"] >= first and o["o_orderdate"] < last:
            order_nation[o["o_orderkey"]] = customer_nation[o["o_custkey"]]

    volume = defaultdict(float)
    for l in shared_state["lineitem"].to_dict("records"):
        nation = order_nation.get(l["l_orderkey"])
        if nation is None or nation not in nation_names:
            continue
        if supplier_nation[l["l_suppkey"]] != nation:
            continue
        volume[nation_names[nation]] += l["l_extendedprice"] * (1 - l["l_discount"])

    ranked = sorted(volume.items(), key=lambda item: item[1], reverse=True)
    shared_state["result"] = pd.DataFrame(ranked, columns=["n_name", "revenue"])
    return shared_state
