"""Global sales opportunity."""
import pandas as pd


def execute(shared_state):
    customer = shared_state["customer"].copy()
    customer["cntrycode"] = customer["c_phone"].str[:2]
    customer = customer[customer["cntrycode"].isin(["13", "31", "23", "29", "30", "18", "17"])]
    average = customer.loc[customer["c_acctbal"] > 0.0, "c_acctbal"].mean()
    good = customer[customer["c_acctbal"] > average]
    good = good[~good["c_custkey"].isin(shared_state["orders"]["o_custkey"])]
    result = good.groupby("cntrycode", as_index=False).agg(
        numcust=("c_custkey", "count"), totacctbal=("c_acctbal", "sum"))
    shared_state["result"] = result
    return shared_state
