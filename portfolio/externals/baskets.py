import pandas as pd

SKIP = ["cancelled", "returned"]


def size_class(n):
    if n == 0:
        return "EMPTY"
    elif n <= 3:
        return "SMALL"
    elif n <= 8:
        return "MEDIUM"
    return "LARGE"


def priority(segment, size):
    if segment == "business" and size in ("MEDIUM", "LARGE"):
        return 1
    if size == "LARGE":
        return 2
    if segment == "guest":
        return 9
    return 5


def build_baskets(shared_state):
    customer_df = shared_state["customers"]
    prices = shared_state["line_prices"]

    segment_by_customer = {}
    for c in customer_df.itertuples():
        segment_by_customer[c.customer_id] = c.segment

    items = {}
    for _, p in prices.iterrows():
        items[p["order_id"]] = p["total_price"]

    out = []
    for _, o in shared_state["orders"].iterrows():
        if o["status"] in SKIP:
            continue
        seg = segment_by_customer.get(o["customer_id"], "guest")
        n = items.get(o["order_id"], 0)
        size = size_class(n)
        out.append([o["order_id"], o["channel"], seg, n, size, priority(seg, size), o["promised_on"]])

    shared_state["baskets"] = pd.DataFrame(
        out, columns=["order_id", "channel", "segment", "items", "size", "priority", "promised_on"]
    )
    return shared_state
