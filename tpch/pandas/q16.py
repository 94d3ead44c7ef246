"""Parts/supplier relationship."""
import pandas as pd


def execute(shared_state):
    part, supplier = shared_state["part"], shared_state["supplier"]
    part = part[
        (part["p_brand"] != "Brand#45")
        & ~part["p_type"].str.startswith("MEDIUM POLISHED")
        & part["p_size"].isin([49, 14, 23, 45, 19, 3, 36, 9])
    ]
    complaints = supplier[supplier["s_comment"].str.contains("Customer.*Complaints")]["s_suppkey"]
    df = part.merge(shared_state["partsupp"], left_on="p_partkey", right_on="ps_partkey")
    df = df[~df["ps_suppkey"].isin(complaints)]
    counts = df.groupby(["p_brand", "p_type", "p_size"])["ps_suppkey"].nunique().reset_index()
    counts = counts.rename(columns={"ps_suppkey": "supplier_cnt"})
    shared_state["result"] = counts.sort_values(
        by=["supplier_cnt", "p_brand", "p_type", "p_size"], ascending=[False, True, True, True])
    return shared_state
