"""Suppliers who kept orders waiting: the only one of several that failed its date."""
import pandas as pd


def execute(shared_state):
    saudi = None
    for n in shared_state["nation"].to_dict("records"):
        if n["n_name"] == "SAUDI ARABIA":
            saudi = n["n_nationkey"]
            break
    names = {}
    for s in shared_state["supplier"].to_dict("records"):
        if s["s_nationkey"] == saudi:
            names[s["s_suppkey"]] = s["s_name"]

    failed_orders = set()
    for o in shared_state["orders"].to_dict("records"):
        if o["o_orderstatus"] == "F":
            failed_orders.add(o["o_orderkey"])

    all_suppliers = {}
    late_suppliers = {}
    for l in shared_state["lineitem"].to_dict("records"):
        order = l["l_orderkey"]
        if order not in failed_orders:
            continue
        all_suppliers.setdefault(order, set()).add(l["l_suppkey"])
        if l["l_receiptdate"] > l["l_commitdate"]:
            late_suppliers.setdefault(order, set()).add(l["l_suppkey"])

    waits = {}
    for l in shared_state["lineitem"].to_dict("records"):
        order, supplier = l["l_orderkey"], l["l_suppkey"]
        if order not in failed_orders or supplier not in names:
            continue
        if l["l_receiptdate"] <= l["l_commitdate"]:
            continue
        if len(all_suppliers[order]) > 1 and len(late_suppliers[order]) == 1:
            waits[names[supplier]] = waits.get(names[supplier], 0) + 1

    rows = sorted(waits.items(), key=lambda item: (-item[1], item[0]))
    shared_state["result"] = pd.DataFrame(rows[:100], columns=["s_name", "numwait"])
    return shared_state
