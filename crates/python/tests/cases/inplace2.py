import pandas as pd


def execute(s):
    o = s["orders"]
    b = o
    b["y"] = b["shipping_fee"] + 1
    s["out"] = o[["order_id", "y"]]
    return s
