"""Important stock identification."""
import pandas as pd


def execute(shared_state):
    nation = shared_state["nation"]
    german = nation.loc[nation["n_name"] == "GERMANY", ["n_nationkey"]]
    df = shared_state["partsupp"].merge(shared_state["supplier"], left_on="ps_suppkey", right_on="s_suppkey")
    df = df.merge(german, left_on="s_nationkey", right_on="n_nationkey")
    df["value"] = df["ps_supplycost"] * df["ps_availqty"]
    threshold = df["value"].sum() * 0.0001
    sums = df.groupby("ps_partkey")["value"].sum().reset_index()
    sums = sums[sums["value"] > threshold]
    shared_state["result"] = sums.sort_values("value", ascending=False)
    return shared_state
