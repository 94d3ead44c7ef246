import pandas as pd


def execute(state):
    ridden = 0
    rows = []
    for heat in state["heats"].itertuples():
        for wave in state["waves"].itertuples():
            if wave.heat == heat.heat:
                ridden += 1
        rows.append({"heat": heat.heat, "ridden_so_far": ridden})
    state["result"] = pd.DataFrame(rows)
    return state
