import pandas as pd


def execute(shared_state):
    fees = [r["shipping_fee"] for _, r in shared_state["orders"].iterrows()]
    shared_state["out"] = pd.DataFrame([{"fees": sum(fees)}])
    return shared_state
