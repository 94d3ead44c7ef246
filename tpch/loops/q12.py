"""Shipping modes and priority: late lines by ship mode, urgent orders apart from others."""
import datetime

import pandas as pd

URGENT = ["1-URGENT", "2-HIGH"]


def execute(shared_state):
    priority = {}
    for _, order in shared_state["orders"].iterrows():
        priority[order["o_orderkey"]] = order["o_orderpriority"]

    modes = {"MAIL": {"high": 0, "low": 0}, "SHIP": {"high": 0, "low": 0}}
    for line in shared_state["lineitem"].to_dict("records"):
        mode = line["l_shipmode"]
        if mode not in modes:
            continue
        if not (line["l_shipdate"] < line["l_commitdate"] < line["l_receiptdate"]):
            continue
        if line["l_receiptdate"] < datetime.date(1994, 1, 1) or line["l_receiptdate"] >= datetime.date(1995, 1, 1):
            continue
        if priority[line["l_orderkey"]] in URGENT:
            modes[mode]["high"] += 1
        else:
            modes[mode]["low"] += 1

    rows = []
    for mode, counts in modes.items():
        rows.append({"l_shipmode": mode, "high_line_count": counts["high"], "low_line_count": counts["low"]})
    shared_state["result"] = pd.DataFrame(rows)
    return shared_state
