def execute(shared_state):
    crates = shared_state["crates"]
    totals = crates.groupby(["orchard", "kind"], as_index=False)["kg"].sum()
    shared_state["totals"] = totals
    return shared_state
