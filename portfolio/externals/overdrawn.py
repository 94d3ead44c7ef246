import pandas as pd


def run(shared_state):
    df = shared_state["overdrafts"].copy()
    cust = shared_state["customers"]

    # customers with a negative balance only
    df = df[(df["closing_balance"] < 25) | (df["status"] == "frozen")]

    names = {}
    for r in cust.to_dict("records"):
        if r["customer_id"] not in names:
            names[r["customer_id"]] = r

    def level(row):
        if row["closing_balance"] < -100:
            return "3-DUNNING"
        if row["closing_balance"] < 0:
            return "2-REMINDER"
        if row["status"] == "frozen":
            return "1-FROZEN"
        return "0-WATCH"

    def name(row):
        return names[row["customer_id"]]["full_name"] if row["customer_id"] in names else ""

    def region(row):
        if row["customer_id"] in names:
            return names[row["customer_id"]]["region"] or "n/a"
        return "UNKNOWN"

    def segment(row):
        return names.get(row["customer_id"], {}).get("segment", "-")

    def contact(row):
        c = names.get(row["customer_id"])
        if c is None or c["email"] is None:
            return "letter"
        return "mail"

    if len(df) == 0:
        shared_state["overdrawn"] = pd.DataFrame(columns=[
            "customer_id", "customer", "region", "segment", "wallet_id", "currency", "overdraft", "level", "contact"])
        return shared_state

    df["level"] = df.apply(level, axis=1)
    df["customer"] = df.apply(name, axis=1)
    df["region"] = df.apply(region, axis=1)
    df["segment"] = df.apply(segment, axis=1)
    df["contact"] = df.apply(contact, axis=1)
    df["overdraft"] = df.apply(lambda r: round(r["closing_balance"], 2), axis=1)
    df["turnover"] = df.apply(lambda r: r["credits"] + r["debits"], axis=1)

    df = df.sort_values(["level", "overdraft", "wallet_id"], ascending=[False, True, True])
    shared_state["overdrawn"] = df[[
        "customer_id", "customer", "region", "segment", "wallet_id", "currency", "overdraft", "level", "contact"]]
    return shared_state
