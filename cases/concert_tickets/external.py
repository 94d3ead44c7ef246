import pandas as pd

COLUMNS = ["concert", "hall", "tickets", "revenue", "online"]


def execute(shared_state):
    sales = shared_state["sales"]
    if len(sales) == 0:
        shared_state["revenue"] = pd.DataFrame(columns=COLUMNS)
        return shared_state
    hall_of = {}
    for h in shared_state["halls"].itertuples():
        if h.concert not in hall_of:
            hall_of[h.concert] = h.hall
    acc = {}
    for row in sales.itertuples():
        entry = acc.setdefault(row.concert, {"tickets": 0, "revenue": 0.0, "online": 0})
        entry["tickets"] += row.seats
        entry["revenue"] += row.seats * row.price
        if row.channel == "web":
            entry["online"] += row.seats
    result = []
    for name, entry in acc.items():
        if entry["tickets"] == 0:
            continue
        result.append([name, hall_of.get(name), entry["tickets"], round(entry["revenue"], 2), entry["online"]])
    shared_state["revenue"] = pd.DataFrame(result, columns=COLUMNS)
    return shared_state
