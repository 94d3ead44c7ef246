import pandas as pd


def served(state):
    orders = state["orders"].sort_values(["tip", "order_no"], na_position="first")
    rows = []
    for order in orders.to_dict("records"):
        rows.append({"order": order["order_no"], "cups": order["cups"], "tip": 0.0 if pd.isna(order["tip"]) else order["tip"]})
    state["served"] = pd.DataFrame(rows, columns=["order", "cups", "tip"])
    return state
