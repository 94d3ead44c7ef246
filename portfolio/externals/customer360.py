import pandas as pd

SKIP = ["cancelled", "returned"]


class Customer(object):
    """Data holder for one customer. Use the getters!"""

    def __init__(self, row):
        self.id = row["customer_id"]
        self.name = row["full_name"]
        self.email = row["email"]
        self.region = row["region"]
        self.segment = row["segment"]
        self.signup = row["signup_date"]
        self.points = row["loyalty_points"]

    def getTier(self):
        if self.points >= 9000:
            return "platinum"
        if self.points >= 5000:
            return "gold"
        if self.points >= 1500:
            return "silver"
        return "basic"

    def getRegion(self):
        return self.region if self.region else "Unassigned"


class Address(object):
    def __init__(self, row):
        self.city = row["city"]
        self.country = row["country"]
        self.postcode = row["postcode"]
        if self.postcode is None:
            self.postcode = "00000"


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


def build(shared_state):
    date = shared_state["__etlEffectiveDate"]

    # 1. customers
    customers = {}
    for idx, row in shared_state["customers"].iterrows():
        customers[row["customer_id"]] = Customer(row)

    # 2. addresses, newest first
    addresses = {}
    second = {}
    for row in shared_state["addresses"].to_dict("records"):
        if row["customer_id"] in addresses:
            second[row["customer_id"]] = second.get(row["customer_id"], 0) + 1
            continue
        addresses[row["customer_id"]] = Address(row)

    # 3. tickets of today
    tickets = {}
    for idx, row in shared_state["tickets"].iterrows():
        if row["as_of"] != date:
            continue
        if pd.isna(row["customer_id"]):
            continue
        cid = int(row["customer_id"])
        if cid not in tickets:
            tickets[cid] = {"n": 0, "topics": {}, "satisfaction": {"sum": 0, "n": 0}}
        tickets[cid]["n"] += 1
        tickets[cid]["topics"][row["topic"]] = tickets[cid]["topics"].get(row["topic"], 0) + 1
        if not pd.isna(row["satisfaction"]):
            tickets[cid]["satisfaction"]["sum"] += row["satisfaction"]
            tickets[cid]["satisfaction"]["n"] += 1

    # 4. baskets
    items = {}
    for lp in shared_state["line_prices"].itertuples():
        items[lp.order_id] = lp.total_price
    money = {}
    for ot in shared_state["order_totals"].itertuples():
        money[ot.order_id] = ot.net_amount
    baskets = {}
    for o in shared_state["orders"].to_dict("records"):
        if o["status"] in SKIP:
            continue
        cust = customers.get(o["customer_id"])
        seg = "guest" if cust is None else cust.segment
        n = items.get(o["order_id"], 0)
        size = size_class(n)
        if o["customer_id"] not in baskets:
            baskets[o["customer_id"]] = {"orders": 0, "items": 0, "biggest": 0, "prio": 9, "money": 0.0}
        b = baskets[o["customer_id"]]
        b["orders"] += 1
        b["items"] += n
        if n > b["biggest"]:
            b["biggest"] = n
        if priority(seg, size) < b["prio"]:
            b["prio"] = priority(seg, size)
        b["money"] += money.get(o["order_id"], 0.0)

    # 5. who has no wallet
    no_wallet = []
    with_wallet = shared_state["wallets"]["customer_id"].tolist()
    for cid in customers:
        if cid not in with_wallet:
            no_wallet.append({"customer_id": cid, "name": customers[cid].name})
    shared_state["no_wallet"] = pd.DataFrame(no_wallet, columns=["customer_id", "name"])

    # 6. everything together
    out = []
    for cid in customers:
        c = customers[cid]
        a = addresses.get(cid)
        t = tickets.get(cid)
        b = baskets.get(cid)
        topics = ""
        mood = "n/a"
        if t is not None:
            for topic in sorted(t["topics"]):
                topics = topics + ("," if topics else "") + topic + ":" + str(t["topics"][topic])
            if t["satisfaction"]["n"] > 0:
                avg = t["satisfaction"]["sum"] / t["satisfaction"]["n"]
                mood = "happy" if avg >= 4 else ("angry" if avg < 2.5 else "neutral")
        out.append({
            "customer_id": cid,
            "full_name": c.name,
            "email": c.email,
            "region": c.getRegion(),
            "segment": c.segment,
            "city": a.city if a else "",
            "country": a.country if a else "unknown",
            "postcode": a.postcode if a else None,
            "more_addresses": second.get(cid, 0),
            "loyalty_points": c.points,
            "tier": c.getTier(),
            "customer_for_days": (date - c.signup).days,
            "tickets": t["n"] if t else 0,
            "ticket_topics": topics,
            "mood": mood,
            "orders": b["orders"] if b else 0,
            "items": int(b["items"]) if b else 0,
            "basket_size": size_class(b["biggest"]) if b else "NONE",
            "priority": b["prio"] if b else 5,
            "spent": round(b["money"], 2) if b else 0.0,
        })
    shared_state["profile"] = pd.DataFrame(out, columns=[
        "customer_id", "full_name", "email", "region", "segment", "city", "country", "postcode",
        "more_addresses", "loyalty_points", "tier", "customer_for_days", "tickets", "ticket_topics", "mood",
        "orders", "items", "basket_size", "priority", "spent"])
    return shared_state
