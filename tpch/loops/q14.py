"""Promotion effect: the share of a month's revenue that came from promoted parts, in percent."""
import datetime

import pandas as pd


def execute(shared_state):
    kinds = {}
    for p in shared_state["part"].itertuples():
        kinds[p.p_partkey] = p.p_type
    promo = total = 0.0
    for l in shared_state["lineitem"].itertuples():
        if l.l_shipdate.strftime("%Y-%m") != "1995-09":
            continue
        amount = l.l_extendedprice * (1 - l.l_discount)
        total += amount
        if kinds[l.l_partkey].startswith("PROMO"):
            promo += amount
    share = 100.0 * promo / total if total else None
    shared_state["result"] = pd.DataFrame({"promo_revenue": [share]})
    return shared_state
