import pandas as pd


def execute(state):
    walks = [{"dog": w.dog, "metres": w.metres, "note": "-"} for w in state["walks"].itertuples()]
    long_ones = [w for w in walks if w["metres"] > 500]
    for w in long_ones:
        w["note"] = "long"
    state["result"] = pd.DataFrame(walks)
    return state
