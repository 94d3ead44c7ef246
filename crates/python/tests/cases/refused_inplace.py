import pandas as pd


def execute(s):
    o = s["orders"]
    o["x"] = 1
    b = o
    b["y"] = b["shipping_fee"] + 1
    o.drop(columns=["x"], inplace=True)
    s["out"] = o[["order_id", "y"]]
    return s
