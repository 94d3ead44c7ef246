"""Product type profit measure."""
import pandas as pd


def load(shared_state, name):
    return shared_state[name].drop("as_of", axis=1)


def execute(shared_state):
    part = load(shared_state, "part")
    green = part[part["p_name"].str.contains("green")]
    df = (
        load(shared_state, "lineitem")
        .merge(green[["p_partkey"]], left_on="l_partkey", right_on="p_partkey")
        .merge(load(shared_state, "partsupp"), left_on=["l_partkey", "l_suppkey"], right_on=["ps_partkey", "ps_suppkey"])
        .merge(load(shared_state, "orders"), left_on="l_orderkey", right_on="o_orderkey")
        .merge(load(shared_state, "supplier"), left_on="l_suppkey", right_on="s_suppkey")
        .merge(load(shared_state, "nation"), left_on="s_nationkey", right_on="n_nationkey")
    )
    df["o_year"] = pd.to_datetime(df["o_orderdate"]).dt.year
    df["amount"] = df["l_extendedprice"] * (1 - df["l_discount"]) - df["ps_supplycost"] * df["l_quantity"]
    out = df.groupby(["n_name", "o_year"], as_index=False)["amount"].sum()
    out = out.rename(columns={"n_name": "nation", "amount": "sum_profit"})
    shared_state["result"] = out.sort_values(["nation", "o_year"], ascending=[True, False])
    return shared_state
