"""Market share of a nation within its region for one type of part, per year."""
import datetime

import pandas as pd

NATION, REGION, KIND = "BRAZIL", "AMERICA", "ECONOMY ANODIZED STEEL"


class Year:
    def __init__(self):
        self.total = 0.0
        self.own = 0.0

    def add(self, volume, own):
        self.total += volume
        if own:
            self.own += volume

    def share(self):
        return self.own / self.total


def execute(shared_state):
    region_names = {r.r_regionkey: r.r_name for r in shared_state["region"].itertuples()}
    nation_names = {}
    in_region = set()
    for n in shared_state["nation"].itertuples():
        nation_names[n.n_nationkey] = n.n_name
        if region_names[n.n_regionkey] == REGION:
            in_region.add(n.n_nationkey)
    parts = set(p.p_partkey for p in shared_state["part"].itertuples() if p.p_type == KIND)
    customers = set(c.c_custkey for c in shared_state["customer"].itertuples() if c.c_nationkey in in_region)
    supplier_nation = {}
    for s in shared_state["supplier"].itertuples():
        supplier_nation[s.s_suppkey] = nation_names[s.s_nationkey]
    order_year = {}
    for o in shared_state["orders"].itertuples():
        if o.o_custkey in customers and datetime.date(1995, 1, 1) <= o.o_orderdate <= datetime.date(1996, 12, 31):
            order_year[o.o_orderkey] = o.o_orderdate.year

    years = {}
    for l in shared_state["lineitem"].itertuples():
        if l.l_partkey not in parts:
            continue
        year = order_year.get(l.l_orderkey)
        if year is None:
            continue
        if year not in years:
            years[year] = Year()
        years[year].add(l.l_extendedprice * (1 - l.l_discount), supplier_nation[l.l_suppkey] == NATION)

    out = []
    for year in sorted(years.keys()):
        out.append({"o_year": year, "mkt_share": years[year].share()})
    shared_state["result"] = pd.DataFrame(out, columns=["o_year", "mkt_share"])
    return shared_state
