import numpy as np
import pandas as pd


def execute(shared_state):
    lines = shared_state["order_lines"]
    price = lines["unit_price"]
    share = price * lines["tax_rate"]
    gaps = share.where(lines["quantity"] != 2)
    out = lines.copy()
    out["sum3"] = share.rolling(3).sum()
    out["sum3_least"] = gaps.rolling(3, min_periods=1).sum()
    out["mean4"] = gaps.rolling(4, min_periods=2).mean()
    out["mean_int"] = lines["quantity"].rolling(window=3).mean()
    out["top"] = gaps.rolling(2).max()
    out["low"] = lines["quantity"].rolling(3, 1).min()
    out["seen"] = gaps.rolling(3).count()
    out["one"] = gaps.rolling(1).sum()
    out["sum0"] = gaps.rolling(2, min_periods=0).sum()
    out["so_far"] = share.expanding().mean()
    out["so_far3"] = gaps.expanding(3).sum()
    out["best"] = gaps.cummax()
    out["worst"] = gaps.cummin()
    shared_state["a_rolling"] = out

    own = lines[["product_id", "line_no", "quantity", "unit_price", "tax_rate"]].copy()
    own["tax"] = own["unit_price"] * own["tax_rate"]
    own["tax"] = own["tax"].where(own["quantity"] < 5)
    own["total"] = own.groupby("product_id")["unit_price"].cumsum()
    own["taxes"] = own.groupby(["product_id", "line_no"])["tax"].cumsum()
    own["units"] = own.groupby("line_no")["quantity"].cumsum()
    own["most"] = own.groupby("line_no")["tax"].cummax()
    own["least"] = own.groupby("line_no")["unit_price"].cummin()
    own["before"] = own["tax"].shift(1, fill_value=0)
    own["before2"] = own.groupby("line_no")["tax"].shift(2, fill_value=-1)
    own["third"] = own["unit_price"] // 3
    own["rest"] = own["tax"] % 7
    own["half"] = own["unit_price"] % 0.5
    shared_state["b_grouped"] = own

    by_tax = own.groupby("tax")["quantity"].sum().reset_index()
    shared_state["c_float_keys"] = by_tax
    own["in_line"] = own.groupby("line_no", sort=False)["tax"].transform("sum")
    shared_state["d_transformed"] = own[["line_no", "in_line"]]
    return shared_state
