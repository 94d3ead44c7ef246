import pandas as pd


def execute(shared_state):
    counts = {}
    latest = {}
    for o in shared_state["orders"].to_dict("records"):
        try:
            counts[o["channel"]] += 1
        except KeyError:
            counts[o["channel"]] = 1
        try:
            latest[o["currency"]] = latest[o["currency"]] + o["order_id"]
        except KeyError:
            latest[o["currency"]] = o["order_id"]
    first, *rest = ("a", "b", "c")
    head, *middle, tail = [first, *rest, "d"]
    shared_state["counts"] = pd.DataFrame([{"channel": c, "n": n, "m": len(middle), "t": tail} for c, n in counts.items()])
    shared_state["latest"] = pd.DataFrame(list(latest.items()), columns=["currency", "sum"])
    del counts
    return shared_state
