import pandas as pd

LIMIT = -100


def execute(shared_state):
    state = {}
    rows = []
    for b in shared_state["bookings"].itertuples():
        new = state.get(b.account, 0) + b.amount
        if new < LIMIT:
            new = LIMIT
        state[b.account] = new
        rows.append({"booking": b.booking, "account": b.account, "balance": new})
    shared_state["balance"] = pd.DataFrame(rows, columns=["booking", "account", "balance"])
    return shared_state
