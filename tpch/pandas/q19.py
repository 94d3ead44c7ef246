"""Discounted revenue."""
import pandas as pd


def execute(shared_state):
    l = shared_state["lineitem"]
    l = l[l["l_shipmode"].isin(["AIR", "AIR REG"]) & (l["l_shipinstruct"] == "DELIVER IN PERSON")]
    df = l.merge(shared_state["part"], left_on="l_partkey", right_on="p_partkey")
    small = (
        (df["p_brand"] == "Brand#12")
        & df["p_container"].isin(["SM CASE", "SM BOX", "SM PACK", "SM PKG"])
        & (df["l_quantity"] >= 1) & (df["l_quantity"] <= 11)
        & df["p_size"].between(1, 5)
    )
    medium = (
        (df["p_brand"] == "Brand#23")
        & df["p_container"].isin(["MED BAG", "MED BOX", "MED PKG", "MED PACK"])
        & (df["l_quantity"] >= 10) & (df["l_quantity"] <= 20)
        & df["p_size"].between(1, 10)
    )
    large = (
        (df["p_brand"] == "Brand#34")
        & df["p_container"].isin(["LG CASE", "LG BOX", "LG PACK", "LG PKG"])
        & (df["l_quantity"] >= 20) & (df["l_quantity"] <= 30)
        & df["p_size"].between(1, 15)
    )
    df = df[small | medium | large]
    revenue = (df["l_extendedprice"] * (1 - df["l_discount"])).sum()
    shared_state["result"] = pd.DataFrame({"revenue": [revenue]})
    return shared_state
