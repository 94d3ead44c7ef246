"""Discounted revenue of parts handled in one of three particular manners."""
import pandas as pd

RULES = {
    "Brand#12": (("SM CASE", "SM BOX", "SM PACK", "SM PKG"), 1, 5),
    "Brand#23": (("MED BAG", "MED BOX", "MED PKG", "MED PACK"), 10, 10),
    "Brand#34": (("LG CASE", "LG BOX", "LG PACK", "LG PKG"), 20, 15),
}


def least_quantity(part):
    if part["p_brand"] not in RULES:
        return None
    containers, least, size = RULES[part["p_brand"]]
    if part["p_container"] in containers and 1 <= part["p_size"] <= size:
        return least
    return None


def execute(shared_state):
    least = {}
    for part in shared_state["part"].to_dict("records"):
        quantity = least_quantity(part)
        if quantity is not None:
            least[part["p_partkey"]] = quantity

    revenue = 0
    for line in shared_state["lineitem"].to_dict("records"):
        if line["l_shipmode"] not in ("AIR", "AIR REG") or line["l_shipinstruct"] != "DELIVER IN PERSON":
            continue
        if line["l_partkey"] not in least:
            continue
        low = least[line["l_partkey"]]
        if low <= line["l_quantity"] <= low + 10:
            revenue += line["l_extendedprice"] * (1 - line["l_discount"])
    shared_state["result"] = pd.DataFrame([{"revenue": revenue}])
    return shared_state
