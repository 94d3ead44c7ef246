import pandas as pd


def value_leftovers(state):
    left = state["leftovers"][["shop", "product", "pieces"]]
    priced = left.merge(state["prices"][["product", "price"]], on="product", how="left")
    priced["value"] = (priced["pieces"] * priced["price"]).round(2)
    priced["price"] = priced["price"].fillna(0.0)
    state["valued"] = priced.sort_values(["shop", "product"])
    return state
