import pandas as pd


def add(d, k, x):
    d[k] = d.get(k, 0) + x
    return d[k]


def execute(s):
    d = {}
    for _, r in s["orders"].iterrows():
        add(d, r["channel"], 1)
    s["out"] = pd.DataFrame(list(d.items()), columns=["k", "n"])
    return s
