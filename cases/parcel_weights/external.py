import pandas as pd


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return 0.0


def execute(shared_state):
    p = shared_state["parcels"]
    shared_state["weights"] = pd.DataFrame(
        [{"parcel": r.parcel, "weight": number(r.weight)} for r in p.itertuples()], columns=["parcel", "weight"])
    return shared_state
