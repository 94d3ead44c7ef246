import pandas as pd


def execute(s):
    bad = {c["customer_id"] for c in s["customers"].to_dict("records") if c["loyalty_points"] == 0}
    kinds = {}
    for c in s["customers"].to_dict("records"):
        if c["segment"] == "business" or c["full_name"].startswith("Bo"):
            continue
        kinds[c["customer_id"]] = (c["segment"], c["loyalty_points"])
    found = {}
    for o in s["orders"].to_dict("records"):
        kind = kinds.get(o["customer_id"])
        if kind is None or o["customer_id"] in bad:
            continue
        found.setdefault(kind, set()).add(o["channel"])
    rows = []
    for (segment, points), channels in found.items():
        rows.append({"segment": segment, "points": points, "n": len(channels)})
    rows.sort(key=lambda r: (-r["n"], r["segment"], r["points"]))
    s["out"] = pd.DataFrame(rows)
    return s
