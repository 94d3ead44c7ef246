from functools import lru_cache

import pandas as pd

SEEN = []


@lru_cache(maxsize=None)
def register(channel):
    SEEN.append(channel)
    return len(channel)


def execute(state):
    rows = []
    for o in state["orders"].to_dict("records"):
        rows.append({"id": o["order_id"], "n": register(o["channel"])})
    state["seen"] = pd.DataFrame([{"channel": c} for c in SEEN])
    state["rows"] = pd.DataFrame(rows)
    return state
