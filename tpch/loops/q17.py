"""Small-quantity orders: yearly revenue lost without orders below a fifth of a part's average quantity."""
import pandas as pd


def execute(shared_state):
    parts = {}
    for _, p in shared_state["part"].iterrows():
        if p["p_brand"] == "Brand#23" and p["p_container"] == "MED BOX":
            parts[p["p_partkey"]] = [0.0, 0]

    lines = [l for l in shared_state["lineitem"].to_dict("records") if l["l_partkey"] in parts]
    for l in lines:
        stats = parts[l["l_partkey"]]
        stats[0] += l["l_quantity"]
        stats[1] += 1

    lost = 0.0
    for l in lines:
        quantity, count = parts[l["l_partkey"]]
        if l["l_quantity"] < 0.2 * (quantity / count):
            lost += l["l_extendedprice"]
    shared_state["result"] = pd.DataFrame([[lost / 7.0]], columns=["avg_yearly"])
    return shared_state
