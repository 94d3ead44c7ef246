import pandas as pd


def execute(s):
    d = {}
    out = []
    for o in s["orders"].itertuples():
        e = d.setdefault(o.channel, {"n": 0})
        e["n"] += 1
        out.append(e)
    s["out"] = pd.DataFrame(out)
    return s
