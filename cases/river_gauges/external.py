import pandas as pd


def execute(state):
    gauges = list(state["gauges"].itertuples())
    readings = list(state["readings"].itertuples())
    basins = {}
    rows = []
    for river in state["rivers"].itertuples():
        water = 0
        count = 0
        for gauge in gauges:
            if gauge.river != river.river:
                continue
            for reading in readings:
                if reading.gauge == gauge.gauge:
                    water += reading.cm
                    count += 1
                    basins[river.basin] = basins.get(river.basin, 0) + 1
        rows.append({"name": river.river, "water": water, "readings": count})
    for basin, n in basins.items():
        rows.append({"name": basin, "water": -1, "readings": n})
    state["result"] = pd.DataFrame(rows)
    return state
