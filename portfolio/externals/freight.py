from collections import defaultdict, Counter, namedtuple
import datetime
import pandas as pd

Parcel = namedtuple("Parcel", "carrier band cost kg co2 open")


def band(kg):
    if kg < 0.5:
        return "1 letter"
    if kg < 2:
        return "2 small"
    if kg < 5:
        return "3 medium"
    if kg < 10:
        return "4 large"
    return "5 bulky"


def surcharge(b, cost):
    # fuel surcharge, table from procurement
    if b == "5 bulky":
        return cost * 0.085
    elif b == "4 large":
        return cost * 0.065
    else:
        return cost * 0.045


def execute(shared_state):
    day = shared_state["__etlEffectiveDate"]
    since = day - datetime.timedelta(days=6)

    parcels = [
        Parcel(
            r.carrier,
            band(r.weight_kg),
            r.cost,
            r.weight_kg,
            r.co2_grams,
            pd.isnull(r.delivered_at),
        )
        for r in shared_state["ship"].itertuples(index=False)
    ]

    n = Counter()
    cost = defaultdict(float)
    fuel = defaultdict(float)
    kg = defaultdict(float)
    grams = defaultdict(float)
    measured = Counter()
    pending = Counter()
    per_carrier = defaultdict(float)
    by_warehouse = defaultdict(lambda: [0, 0.0])
    for p in parcels:
        key = (p.carrier, p.band)
        n[key] += 1
        cost[key] += p.cost
        fuel[key] += surcharge(p.band, p.cost)
        kg[key] += p.kg
        per_carrier[p.carrier] += p.cost
        if p.open:
            pending[key] += 1
        if not pd.isnull(p.co2):
            grams[key] += p.co2
            measured[key] += 1

    # parcels of the day per warehouse
    for r in shared_state["ship"].itertuples(index=False):
        if r.as_of == day:
            w = -1 if pd.isnull(r.warehouse_id) else int(r.warehouse_id)
            by_warehouse[w][0] += 1
            by_warehouse[w][1] += r.cost
    shared_state["today_by_warehouse"] = pd.DataFrame(
        [[w] + by_warehouse[w] for w in sorted(by_warehouse)], columns=["warehouse_id", "parcels", "cost"]
    )

    daily = []
    for key in sorted(n):
        carrier, b = key
        daily.append(
            {
                "carrier": carrier,
                "weight_band": b[2:],
                "from_date": since,
                "to_date": day,
                "parcels": n[key],
                "pending": pending[key],
                "cost": cost[key],
                "fuel_surcharge": fuel[key],
                "weight_kg": kg[key],
                "cost_per_kg": cost[key] / kg[key],
                "carrier_share": cost[key] / per_carrier[carrier],
                "co2_kg": grams[key] / 1000,
                "co2_per_parcel": grams[key] / measured[key] if measured[key] else -1.0,
            }
        )
    shared_state["daily"] = pd.DataFrame(daily)
    return shared_state
