"""Volume shipping."""
import pandas as pd


def execute(shared_state):
    nation = shared_state["nation"]
    lineitem = shared_state["lineitem"].copy()
    lineitem["l_shipdate"] = pd.to_datetime(lineitem["l_shipdate"])
    lineitem = lineitem[(lineitem["l_shipdate"] >= "1995-01-01") & (lineitem["l_shipdate"] <= "1996-12-31")]

    pair = nation[nation["n_name"].isin(["FRANCE", "GERMANY"])]
    sellers = shared_state["supplier"].merge(
        pair.rename(columns={"n_name": "supp_nation"}), left_on="s_nationkey", right_on="n_nationkey")
    buyers = shared_state["customer"].merge(
        pair.rename(columns={"n_name": "cust_nation"}), left_on="c_nationkey", right_on="n_nationkey")

    df = lineitem.merge(sellers[["s_suppkey", "supp_nation"]], left_on="l_suppkey", right_on="s_suppkey")
    df = df.merge(shared_state["orders"], left_on="l_orderkey", right_on="o_orderkey")
    df = df.merge(buyers[["c_custkey", "cust_nation"]], left_on="o_custkey", right_on="c_custkey")
    df = df[df["supp_nation"] != df["cust_nation"]].copy()
    df["l_year"] = df["l_shipdate"].dt.year
    df["volume"] = df["l_extendedprice"] * (1 - df["l_discount"])
    result = df.groupby(["supp_nation", "cust_nation", "l_year"]).agg(revenue=("volume", "sum")).reset_index()
    shared_state["result"] = result
    return shared_state
