"""Minimum cost supplier: who in a region sells a part of some size and type at the lowest price."""
import pandas as pd

REGION = "EUROPE"
SIZE = 15


def execute(shared_state):
    regions = {r["r_regionkey"] for _, r in shared_state["region"].iterrows() if r["r_name"] == REGION}
    nations = {}
    for _, n in shared_state["nation"].iterrows():
        if n["n_regionkey"] in regions:
            nations[n["n_nationkey"]] = n["n_name"]
    suppliers = {}
    for _, s in shared_state["supplier"].iterrows():
        if s["s_nationkey"] in nations:
            suppliers[s["s_suppkey"]] = s
    parts = {}
    for p in shared_state["part"].to_dict("records"):
        if p["p_size"] == SIZE and p["p_type"].endswith("BRASS"):
            parts[p["p_partkey"]] = p["p_mfgr"]

    offers = []
    cheapest = {}
    for ps in shared_state["partsupp"].to_dict("records"):
        part = ps["ps_partkey"]
        if part not in parts or ps["ps_suppkey"] not in suppliers:
            continue
        offers.append(ps)
        if part not in cheapest or ps["ps_supplycost"] < cheapest[part]:
            cheapest[part] = ps["ps_supplycost"]

    out = []
    for offer in offers:
        part = offer["ps_partkey"]
        if offer["ps_supplycost"] != cheapest[part]:
            continue
        s = suppliers[offer["ps_suppkey"]]
        out.append({
            "s_acctbal": s["s_acctbal"],
            "s_name": s["s_name"],
            "n_name": nations[s["s_nationkey"]],
            "p_partkey": part,
            "p_mfgr": parts[part],
            "s_address": s["s_address"],
            "s_phone": s["s_phone"],
            "s_comment": s["s_comment"],
        })
    out.sort(key=lambda r: (-r["s_acctbal"], r["n_name"], r["s_name"], r["p_partkey"]))
    columns = ["s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment"]
    shared_state["result"] = pd.DataFrame(out[:100], columns=columns)
    return shared_state
