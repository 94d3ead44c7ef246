"""Small-quantity-order revenue."""
import pandas as pd


def execute(shared_state):
    part, lineitem = shared_state["part"], shared_state["lineitem"]
    part = part[(part["p_brand"] == "Brand#23") & (part["p_container"] == "MED BOX")]
    df = part.merge(lineitem, left_on="p_partkey", right_on="l_partkey", how="inner")
    average = df.groupby("p_partkey", as_index=False)["l_quantity"].mean()
    average["limit"] = 0.2 * average["l_quantity"]
    df = df.merge(average[["p_partkey", "limit"]], on="p_partkey")
    small = df[df["l_quantity"] < df["limit"]]
    shared_state["result"] = pd.DataFrame({"avg_yearly": [small["l_extendedprice"].sum() / 7.0]})
    return shared_state
