import pandas as pd


def labels(state):
    rows = []
    for _, pair in state["skates"].iterrows():
        if pd.isna(pair["size"]):
            rows.append({"label": "unknown", "hours": int(pair["hours"])})
            continue
        rows.append({"label": f"size {pair['size']}", "hours": int(pair["hours"])})
    state["labels"] = pd.DataFrame(rows)
    return state
