"""Parts and their suppliers: how many suppliers, complaints aside, can supply parts with given attributes."""
import pandas as pd

SIZES = (49, 14, 23, 45, 19, 3, 36, 9)


def complained(comment):
    words = comment.split("Customer", 1)
    return len(words) == 2 and "Complaints" in words[1]


def execute(shared_state):
    bad = set()
    for s in shared_state["supplier"].to_dict("records"):
        if complained(s["s_comment"]):
            bad.add(s["s_suppkey"])

    kinds = {}
    for p in shared_state["part"].to_dict("records"):
        if p["p_brand"] == "Brand#45" or p["p_type"].startswith("MEDIUM POLISHED"):
            continue
        if p["p_size"] in SIZES:
            kinds[p["p_partkey"]] = (p["p_brand"], p["p_type"], p["p_size"])

    suppliers = {}
    for ps in shared_state["partsupp"].to_dict("records"):
        kind = kinds.get(ps["ps_partkey"])
        if kind is None or ps["ps_suppkey"] in bad:
            continue
        suppliers.setdefault(kind, set()).add(ps["ps_suppkey"])

    rows = []
    for (brand, kind, size), found in suppliers.items():
        rows.append({"p_brand": brand, "p_type": kind, "p_size": size, "supplier_cnt": len(found)})
    rows.sort(key=lambda r: (-r["supplier_cnt"], r["p_brand"], r["p_type"], r["p_size"]))
    shared_state["result"] = pd.DataFrame(rows)
    return shared_state
