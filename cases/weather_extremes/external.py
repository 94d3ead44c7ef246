import pandas as pd


def execute(shared_state):
    acc = {}
    for row in shared_state["obs"].itertuples(index=False):
        s, t = row.station, row.celsius
        if s not in acc:
            acc[s] = {"low": t, "high": t, "sum": 0.0, "n": 0}
        a = acc[s]
        if t < a["low"]:
            a["low"] = t
        if t > a["high"]:
            a["high"] = t
        a["sum"] += t
        a["n"] += 1
    rows = []
    for s in sorted(acc):
        a = acc[s]
        rows.append([s, a["low"], a["high"], round(a["sum"] / a["n"], 1), a["high"] - a["low"]])
    shared_state["extremes"] = pd.DataFrame(rows, columns=["station", "low", "high", "mean", "span"])
    return shared_state
