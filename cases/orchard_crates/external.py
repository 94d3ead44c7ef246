import pandas as pd


def weigh(state):
    crates = state["crates"]
    sums = crates.groupby(["tree_row", "sort"], sort=False).agg({"kg": "sum", "crate": "count"}).reset_index()
    whole = crates.groupby("tree_row")["kg"].sum().to_dict()
    rows = []
    for r in sums.to_dict("records"):
        rows.append({"row": r["tree_row"], "sort": r["sort"], "crates": r["crate"], "kg": r["kg"], "share": r["kg"] / whole[r["tree_row"]]})
    state["shares"] = pd.DataFrame(rows)
    return state
