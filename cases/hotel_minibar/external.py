import pandas as pd


def execute(shared_state):
    bar = {}
    for _, m in shared_state["minibar"].iterrows():
        bar[m["room"]] = bar.get(m["room"], 0) + m["price"]
    out = []
    for _, r in shared_state["rooms"].iterrows():
        if pd.notna(r["guests"]) and r["guests"] > 2:
            kind = "family"
        elif pd.isna(r["guests"]):
            kind = "unknown"
        else:
            kind = "small"
        out.append({"room": r["room"], "guests": r["guests"], "kind": kind, "extra": bar.get(r["room"], 0)})
    shared_state["rooms_out"] = pd.DataFrame(out, columns=["room", "guests", "kind", "extra"])
    return shared_state
