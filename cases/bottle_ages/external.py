import pandas as pd


def execute(shared_state):
    growers, late = {}, {}
    for b in shared_state["bottles"].to_dict("records"):
        growers.setdefault(b["order_no"], set()).add(b["grower"])
        if b["delivered"] > b["promised"]:
            late.setdefault(b["order_no"], set()).add(b["grower"])

    waits = {}
    for b in shared_state["bottles"].to_dict("records"):
        order = b["order_no"]
        if b["delivered"] <= b["promised"]:
            continue
        if len(growers[order]) > 1 and len(late[order]) == 1:
            waits[b["grower"]] = waits.get(b["grower"], 0) + 1
    rows = sorted(waits.items(), key=lambda item: (-item[1], item[0]))
    shared_state["late"] = pd.DataFrame(rows[:3], columns=["grower", "waits"])
    return shared_state
