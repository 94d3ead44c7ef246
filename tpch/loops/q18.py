"""Large volume customers: the hundred biggest orders of more than some quantity."""
import pandas as pd

LIMIT = 300


def execute(shared_state):
    quantity = {}
    for line in shared_state["lineitem"].to_dict("records"):
        order = line["l_orderkey"]
        if order in quantity:
            quantity[order] = quantity[order] + line["l_quantity"]
        else:
            quantity[order] = line["l_quantity"]

    names = {}
    for customer in shared_state["customer"].to_dict("records"):
        names[customer["c_custkey"]] = customer["c_name"]

    big = []
    for order in shared_state["orders"].to_dict("records"):
        if quantity.get(order["o_orderkey"], 0) > LIMIT:
            row = dict(order)
            row["c_name"] = names[order["o_custkey"]]
            row["c_custkey"] = order["o_custkey"]
            row["sum_qty"] = quantity[order["o_orderkey"]]
            big.append(row)

    big = sorted(big, key=lambda r: (-r["o_totalprice"], r["o_orderdate"]))
    frame = pd.DataFrame(big[:100])
    shared_state["result"] = frame[["c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice", "sum_qty"]]
    return shared_state
