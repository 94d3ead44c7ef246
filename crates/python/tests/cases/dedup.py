import pandas as pd


def execute(shared_state):
    seen = set()
    keep = []
    for c in shared_state["customers"].itertuples(index=False):
        if c.customer_id in seen:
            continue
        seen.add(c.customer_id)
        keep.append((c.customer_id, c.full_name.strip().title(), c.segment[:3], len(c.full_name)))
    known = {row[0] for row in keep}
    missing = []
    for _, o in shared_state["orders"].iterrows():
        if o["customer_id"] not in known:
            missing.append(o["order_id"])
    lost = sorted(set(missing))
    shared_state["people"] = pd.DataFrame(keep, columns=["id", "name", "seg", "length"])
    shared_state["lost"] = pd.DataFrame({"order_id": lost})
    return shared_state
