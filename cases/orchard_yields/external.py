import pandas as pd


def execute(state):
    rows = []
    total = 0
    for p in state["picks"].itertuples():
        rows.append({"row_no": p.row_no, "variety": p.variety, "crates": p.crates, "share": 0.0, "grade": ""})
        total += p.crates
    for r in rows:
        r["share"] = round(100 * r["crates"] / total, 1)
    for r in rows:
        if r["share"] >= 20:
            r["grade"] = "main"
            continue
        r["grade"] = "none" if r["crates"] == 0 else "side"
    rows.append({"row_no": 0, "variety": "all", "crates": total, "share": 100.0, "grade": "-"})
    state["result"] = pd.DataFrame(rows)
    return state
