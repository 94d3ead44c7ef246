import pandas as pd


def execute(shared_state):
    rows = []
    rec = {"id": 0}
    groups = {}
    for _, r in shared_state["orders"].iterrows():
        if r["channel"] not in groups:
            g = {"channel": r["channel"], "n": 0}
            groups[r["channel"]] = g
            rows.append(g)
        groups[r["channel"]]["n"] += 1
    shared_state["out"] = pd.DataFrame(rows, columns=["channel", "n"])
    return shared_state
