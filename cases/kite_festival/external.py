import pandas as pd


def score(flights):
    valid = flights[flights["valid"]]
    return pd.Series({"flights": len(flights), "points": valid["points"].sum(), "mean": flights["points"].mean()})


def scores(state):
    state["scores"] = state["flights"].groupby("pilot").apply(score).reset_index()
    return state
