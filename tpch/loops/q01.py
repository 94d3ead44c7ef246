"""Pricing summary: what was shipped up to a day, by return flag and line status."""
import datetime

import pandas as pd


def execute(shared_state):
    cutoff = datetime.date(1998, 12, 1) - datetime.timedelta(days=90)
    groups = {}
    for line in shared_state["lineitem"].to_dict("records"):
        if line["l_shipdate"] > cutoff:
            continue
        key = (line["l_returnflag"], line["l_linestatus"])
        if key not in groups:
            groups[key] = {"qty": 0.0, "base": 0.0, "net": 0.0, "charge": 0.0, "disc": 0.0, "count": 0}
        g = groups[key]
        net = line["l_extendedprice"] * (1 - line["l_discount"])
        g["qty"] += line["l_quantity"]
        g["base"] += line["l_extendedprice"]
        g["net"] += net
        g["charge"] += net * (1 + line["l_tax"])
        g["disc"] += line["l_discount"]
        g["count"] += 1

    report = []
    for (flag, status), g in sorted(groups.items()):
        report.append({
            "l_returnflag": flag,
            "l_linestatus": status,
            "sum_qty": g["qty"],
            "sum_base_price": g["base"],
            "sum_disc_price": g["net"],
            "sum_charge": g["charge"],
            "avg_qty": g["qty"] / g["count"],
            "avg_price": g["base"] / g["count"],
            "avg_disc": g["disc"] / g["count"],
            "count_order": g["count"],
        })
    shared_state["result"] = pd.DataFrame(report)
    return shared_state
