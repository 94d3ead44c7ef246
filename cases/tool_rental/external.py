import pandas as pd

TOWN = "Ulm"


def in_town(shops):
    found = {}
    for _, shop in shops.iterrows():
        if shop["town"] == TOWN:
            found[shop["shop"]] = shop["since"].year
    return found


def lowest(offers, shops):
    best = {}
    for _, offer in offers.iterrows():
        if offer["shop"] not in shops:
            continue
        tool = offer["tool"]
        if tool not in best or offer["per_day"] < best[tool]:
            best[tool] = offer["per_day"]
    return best


def execute(shared_state):
    offers = shared_state["offers"]
    shops = in_town(shared_state["shops"])
    best = lowest(offers, shops)
    total, count = {}, {}
    for _, offer in offers.iterrows():
        if offer["shop"] in shops:
            total[offer["tool"]] = total.get(offer["tool"], 0.0) + offer["per_day"]
            count[offer["tool"]] = count.get(offer["tool"], 0) + 1
    out = []
    for _, offer in offers.iterrows():
        tool = offer["tool"]
        if offer["shop"] in shops and offer["per_day"] == best[tool]:
            out.append((tool, offer["shop"], shops[offer["shop"]], best[tool], total[tool] / count[tool]))
    out.sort(key=lambda row: (row[0], row[2]))
    shared_state["cheapest"] = pd.DataFrame(out, columns=["tool", "shop", "since", "per_day", "average"])
    return shared_state
