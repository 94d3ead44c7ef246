"""Potential part promotion: suppliers of a nation with a surplus of parts of one colour."""
import datetime

import pandas as pd


def execute(shared_state):
    canada = [n.n_nationkey for n in shared_state["nation"].itertuples() if n.n_name == "CANADA"]
    forest = {p.p_partkey for p in shared_state["part"].itertuples() if p.p_name.startswith("forest")}

    shipped = {}
    for l in shared_state["lineitem"].itertuples():
        if l.l_partkey not in forest:
            continue
        if l.l_shipdate < datetime.date(1994, 1, 1) or l.l_shipdate >= datetime.date(1995, 1, 1):
            continue
        pair = (l.l_partkey, l.l_suppkey)
        shipped[pair] = shipped.get(pair, 0) + l.l_quantity

    surplus = set()
    for ps in shared_state["partsupp"].itertuples():
        pair = (ps.ps_partkey, ps.ps_suppkey)
        if pair in shipped and ps.ps_availqty > 0.5 * shipped[pair]:
            surplus.add(ps.ps_suppkey)

    rows = []
    for s in shared_state["supplier"].itertuples():
        if s.s_suppkey in surplus and s.s_nationkey in canada:
            rows.append((s.s_name, s.s_address))
    rows.sort()
    shared_state["result"] = pd.DataFrame(rows, columns=["s_name", "s_address"])
    return shared_state
