import pandas as pd


def execute(shared_state):
    tickets = shared_state["support_tickets"]
    texts = []
    for row in tickets.itertuples():
        if pd.isna(row.satisfaction):
            continue
        texts.append({"ticket": row.ticket_id, "who": f"c{row.customer_id}", "score": f"{row.satisfaction}", "twice": row.satisfaction * 2})
    shared_state["texts"] = pd.DataFrame(texts)
    numbers = tickets[["ticket_id", "customer_id"]]
    both = tickets[["ticket_id", "satisfaction"]]
    kept = []
    for _, r in both.iterrows():
        kept.append({"id": r["ticket_id"], "score": r["satisfaction"]})
    shared_state["upcast"] = pd.DataFrame(kept)
    plain = []
    for _, r in numbers.iterrows():
        plain.append((r["ticket_id"], r["customer_id"]))
    shared_state["plain"] = pd.DataFrame(plain, columns=["id", "customer"])
    found = {}
    for row in shared_state["customers"].to_dict("records"):
        found[row["customer_id"]] = row["loyalty_points"]
    rows = []
    for row in tickets.to_dict("records"):
        rows.append({"ticket": row["ticket_id"], "points": found.get(row["ticket_id"] - 499), "score": row["satisfaction"]})
    shared_state["points"] = pd.DataFrame(rows)
    shared_state["liked"] = tickets[tickets["satisfaction"] >= 4]
    return shared_state
