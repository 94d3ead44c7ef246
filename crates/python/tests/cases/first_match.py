import pandas as pd


def rate_of(currency, rates):
    for r in rates:
        if r["currency"] == currency:
            return r["rate"]
    return 0.0


def region(customers, key):
    for c in customers.itertuples():
        if c.customer_id == key:
            name = c.region
            break
    else:
        name = "nobody"
    return name


def execute(s):
    """The first row that fits: `return`, `break`, `else`, `next`."""
    rates = s["exchange_rates"].to_dict("records")
    customers = s["customers"]
    out = []
    for o in s["orders"].to_dict("records"):
        segment = next((c["segment"] for _, c in customers.iterrows()
                        if c["customer_id"] == o["customer_id"]), "none")
        known = any(c.customer_id == o["customer_id"] for c in customers.itertuples())
        out.append({"id": o["order_id"], "rate": rate_of(o["currency"], rates),
                    "region": region(customers, o["customer_id"]), "segment": segment,
                    "known": known})
    s["out"] = pd.DataFrame(out)
    return s
