import pandas as pd


def execute(s):
    o = s["orders"]
    out = []
    for i, (a, b) in enumerate(zip(o["order_id"], o["channel"])):
        out.append({"a": a, "b": b.upper()})
    s["out"] = pd.DataFrame(out)
    return s
