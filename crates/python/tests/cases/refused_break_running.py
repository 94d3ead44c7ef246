import pandas as pd


def execute(s):
    """It stops when a running sum is large enough."""
    total = 0
    last = None
    for o in s["orders"].itertuples():
        total += o.customer_id
        if total > 50:
            last = o.order_id
            break
    s["out"] = pd.DataFrame([{"last": last}])
    return s
