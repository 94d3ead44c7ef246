"""Pricing rules as the previous team liked them: small functions, put together."""
from functools import lru_cache, partial, reduce
from operator import attrgetter, itemgetter

import pandas as pd

RATES = {("web", "EUR"): 1.0, ("web", "USD"): 1.1, ("shop", "EUR"): 0.9}
STEPS = [("fee", 1.5), ("tip", 0.25)]


@lru_cache(maxsize=None)
def factor(channel, currency="EUR", *, floor=0.5):
    return max(RATES.get((channel, currency), 0.75), floor)


def scaled(amount, *factors, digits=2, **options):
    product = reduce(lambda a, b: a * b, factors, 1.0)
    if options.get("double"):
        product = product * 2
    return round(amount * product, digits)


def labelled(prefix, *parts, sep="-"):
    return prefix + sep + sep.join(str(part) for part in parts)


half = partial(scaled, digits=1)
tag = partial(labelled, "T", sep=":")


def execute(shared_state):
    def twice(value):
        return value * 2

    def extra(row):
        return twice(row["order_id"]) + 1

    rows = []
    options = {"double": True, "digits": 3}
    for o in shared_state["orders"].to_dict("records"):
        fee = o["shipping_fee"]
        try:
            exact = RATES[o["channel"], o["currency"]]
        except KeyError:
            exact = 0.0
        total = fee
        for name, amount in STEPS:
            total += amount if name == "fee" else -amount
        first, second = map(str.upper, (o["channel"], o["currency"]))
        rows.append({
            "id": o["order_id"],
            "factor": factor(o["channel"], o["currency"], floor=0.8),
            "scaled": scaled(fee, 1.5, 2.0), "half": half(fee, factor(o["channel"])), "many": scaled(fee, 3.0, **options),
            "tag": tag(o["channel"], o["order_id"]), "exact": exact, "total": total,
            "extra": extra(o), "known": (o["channel"], o["currency"]) in RATES,
            "names": first + second + "".join(reversed(("a", "b"))),
            "picked": labelled(*itemgetter("channel", "currency")(o)),
            "big": len(list(filter(None, (1, 0, 2)))),
        })
    rows.sort(key=itemgetter("factor", "id"))
    shared_state["priced"] = pd.DataFrame(rows)
    best = sorted(shared_state["customers"].itertuples(index=False), key=attrgetter("loyalty_points"), reverse=True)
    shared_state["best"] = pd.DataFrame([{"c": b.customer_id, "p": getattr(b, "loyalty_points")} for b in best])
    return shared_state
