import pandas as pd


def execute(state):
    rows = []
    for c in state["customers"].to_dict("records"):
        try:
            note = "%d" % int(c["full_name"])
        except ValueError as problem:
            note = f"bad: {problem}"
        rows.append({"id": c["customer_id"], "note": note})
    state["notes"] = pd.DataFrame(rows)
    return state
