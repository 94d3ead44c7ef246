import pandas as pd


def execute(shared_state):
    balance = 0
    rows = []
    for _, r in shared_state["orders"].iterrows():
        balance += r["order_id"]
        rows.append({"id": r["order_id"], "balance": balance})
    shared_state["out"] = pd.DataFrame(rows, columns=["id", "balance"])
    return shared_state
