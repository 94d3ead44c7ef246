import pandas as pd


def execute(shared_state):
    tickets = shared_state["support_tickets"][["ticket_id", "customer_id"]]
    names = shared_state["customers"].drop_duplicates("customer_id")[["customer_id", "full_name", "signup_date"]]
    joined = tickets.merge(names, on="customer_id", how="left")
    rows = []
    for row in joined.to_dict("records"):
        if pd.isna(row["full_name"]):
            rows.append({"ticket": row["ticket_id"], "name": "?", "truth": bool(row["full_name"]), "none": row["full_name"] is None})
        else:
            rows.append({"ticket": row["ticket_id"], "name": row["full_name"].upper(), "truth": True, "none": False})
    shared_state["names"] = pd.DataFrame(rows)
    joined["known"] = joined["full_name"].notna()
    joined["other"] = joined["full_name"] != "Kim"
    shared_state["joined"] = joined
    return shared_state
