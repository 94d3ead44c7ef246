import pandas as pd


def execute(shared_state):
    taken = 0
    for coin in shared_state["coins"].itertuples():
        if not coin.rejected:
            taken += coin.euro
    shared_state["taken"] = pd.DataFrame([{"taken": taken}])
    return shared_state
