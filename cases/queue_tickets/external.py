import pandas as pd


def execute(shared_state):
    desks = set()
    ahead = []
    for ticket in shared_state["tickets"].to_dict("records"):
        ahead.append({"ticket": ticket["ticket"], "desks_before": len(desks)})
        desks.add(ticket["desk"])
    shared_state["ahead"] = pd.DataFrame(ahead, columns=["ticket", "desks_before"])
    return shared_state
