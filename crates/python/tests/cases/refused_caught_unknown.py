import json

import pandas as pd


def execute(state):
    rows = []
    for c in state["customers"].to_dict("records"):
        try:
            extra = json.loads(c["full_name"])["size"]
        except (ValueError, KeyError):
            extra = 0
        rows.append({"id": c["customer_id"], "extra": extra})
    state["extra"] = pd.DataFrame(rows)
    return state
