"""Product type profit: what a line of parts earned per nation of the supplier and year."""
import pandas as pd

COLOUR = "green"


def execute(shared_state):
    wanted = []
    for part in shared_state["part"].to_dict("records"):
        if COLOUR in part["p_name"]:
            wanted.append(part["p_partkey"])
    wanted = set(wanted)

    costs = {}
    for ps in shared_state["partsupp"].to_dict("records"):
        if ps["ps_partkey"] in wanted:
            costs[(ps["ps_partkey"], ps["ps_suppkey"])] = ps["ps_supplycost"]

    nations = dict(zip(shared_state["nation"]["n_nationkey"], shared_state["nation"]["n_name"]))
    supplier_nation = {}
    for key, nation in zip(shared_state["supplier"]["s_suppkey"], shared_state["supplier"]["s_nationkey"]):
        supplier_nation[key] = nations[nation]
    year_of = {}
    for o in shared_state["orders"].to_dict("records"):
        year_of[o["o_orderkey"]] = o["o_orderdate"].year

    profit = {}
    for l in shared_state["lineitem"].to_dict("records"):
        if l["l_partkey"] not in wanted:
            continue
        cost = costs[(l["l_partkey"], l["l_suppkey"])]
        amount = l["l_extendedprice"] * (1 - l["l_discount"]) - cost * l["l_quantity"]
        key = supplier_nation[l["l_suppkey"]], year_of[l["l_orderkey"]]
        try:
            profit[key] += amount
        except KeyError:
            profit[key] = amount

    rows = []
    for key in sorted(profit, key=lambda k: (k[0], -k[1])):
        rows.append({"nation": key[0], "o_year": key[1], "sum_profit": profit[key]})
    shared_state["result"] = pd.DataFrame(rows)
    return shared_state
