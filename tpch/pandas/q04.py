"""Order priority checking."""
import pandas as pd


def execute(shared_state):
    lineitem = shared_state["lineitem"]
    orders = shared_state["orders"].copy()
    orders["o_orderdate"] = pd.to_datetime(orders["o_orderdate"])
    late = lineitem.loc[lineitem["l_commitdate"] < lineitem["l_receiptdate"], "l_orderkey"].unique()
    mask = (
        (orders["o_orderdate"] >= pd.Timestamp("1993-07-01"))
        & (orders["o_orderdate"] < pd.Timestamp("1993-10-01"))
        & orders["o_orderkey"].isin(late)
    )
    counts = orders[mask].groupby("o_orderpriority").size().reset_index(name="order_count")
    shared_state["result"] = counts.sort_values("o_orderpriority")
    return shared_state
