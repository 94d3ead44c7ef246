import pandas as pd


def label(row):
    if row["status"] is None:
        return "?"
    return row["status"].upper() + "-" + str(row["order_id"])


def execute(shared_state):
    o = shared_state["orders"].copy()
    o = o[(o["channel"] == "web") | o["currency"].isin(["GBP", "USD"])]
    o = o[["order_id", "status", "currency", "shipping_fee", "customer_id"]]
    o["label"] = o.apply(label, axis=1)
    o["double"] = o["shipping_fee"] * 2
    o["status"] = o["status"].fillna("none")
    o = o.rename(columns={"shipping_fee": "fee"}).sort_values(["currency", "fee"], ascending=[True, False]).reset_index(drop=True)
    rates = shared_state["exchange_rates"].drop_duplicates("currency")
    m = o.merge(rates[["currency", "rate"]], on="currency")
    tags = []
    for _, r in m.iterrows():
        tags.append("big" if r["fee"] * r["rate"] >= 10 else "small")
    m["tag"] = tags
    shared_state["sorted"] = o
    shared_state["merged"] = m.head(10)
    return shared_state
