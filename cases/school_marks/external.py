import pandas as pd


def execute(shared_state):
    pupils = shared_state["pupils"]
    marks = shared_state["marks"]
    marks = marks[marks["weight"] > 0]
    joined = pupils.merge(marks[["pupil_id", "subject", "mark", "weight"]], on="pupil_id", how="left")
    joined["subject"] = joined["subject"].fillna("absent")
    joined["points"] = joined["mark"] * joined["weight"]
    joined = joined[["class", "name", "subject", "mark", "points"]]
    joined = joined.sort_values(["class", "name", "subject"]).reset_index(drop=True)
    shared_state["report"] = joined
    return shared_state
