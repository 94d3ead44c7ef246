import pandas as pd


def execute(state):
    rounds = state["rounds"].to_dict("records")
    houses = state["houses"].to_dict("records")
    stops = [
        (r["round_no"], h["street"], h["number"])
        for r in rounds
        if r["round_no"] < 3
        for h in houses
        if h["street"] == r["street"] and not h["dog"]
    ]
    served = {street for _, street, _ in stops}
    missed = [(0, h["street"], h["number"]) for h in houses if h["street"] not in served]
    state["result"] = pd.DataFrame(stops + missed, columns=["round_no", "street", "number"])
    return state
