import pandas as pd


def compare(state):
    h = state["holders"][["holder", "name", "club"]]
    p = state["permits"][["permit", "holder", "club"]]
    both = pd.merge(h, p, on="holder", how="outer", suffixes=("_holder", "_permit"))
    state["open"] = both[both["name"].isna() | both["permit"].isna()]
    return state
