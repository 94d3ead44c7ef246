import pandas as pd


import functools


def execute(s):
    d = {}
    for _, r in s["orders"].iterrows():
        d[r["channel"]] = 1
    functools.reduce(lambda a, b: a, [d])
    d.update({"x": 2})
    s["out"] = pd.DataFrame([{"k": k, "n": n} for k, n in d.items()], columns=["k", "n"])
    return s
