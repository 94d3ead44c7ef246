import pandas as pd
from tally import TALLY, note


def count(shared_state):
    days = 0
    for row in shared_state["passes"].itertuples():
        days += row.days
    note("days", days)
    shared_state["counted"] = pd.DataFrame([{"days": days}])
    return shared_state


def summary(shared_state):
    shared_state["seen"] = pd.DataFrame([{"days": TALLY.get("days", -1), "kinds": len(shared_state["passes"])}])
    return shared_state
