import pandas as pd


def run(state):
    links = state["links"]
    km = {}
    for _, link in links.iterrows():
        km[link["from_station"]] = km.get(link["from_station"], 0.0) + link["km"]
    state["station_km"] = pd.DataFrame(
        [(name, round(total, 1)) for name, total in km.items()], columns=["station", "km"]
    )
    return state
