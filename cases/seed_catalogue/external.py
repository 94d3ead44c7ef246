import hashlib

import pandas as pd


def fingerprints(state):
    out = []
    for _, row in state["offered"].iterrows():
        text = "|".join(str(value) for value in row.tolist())
        mark = hashlib.sha1(text.encode("utf-8")).hexdigest()[:8]
        out.append((row["sort"], mark, row["bags"], type(row["bags"]).__name__))
    state["marked"] = pd.DataFrame(out, columns=["sort", "mark", "bags", "kind"])
    return state


def bags(state):
    totals = {}
    for sale in state["sales"].to_dict("records"):
        totals.setdefault(sale["sort"], 0)
        totals[sale["sort"]] += sale["bags"]
    state["bag_totals"] = pd.DataFrame([{"sort": k, "bags": v} for k, v in totals.items()], columns=["sort", "bags"])
    return state
