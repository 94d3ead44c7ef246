import pandas as pd

CURRENCY = {"GB": "GBP", "CH": "CHF", "SE": "SEK", "PL": "PLN"}


def value_stock(shared_state):
    rates = {}
    for _, x in shared_state["exchange_rates"].iterrows():
        rates[x["currency"]] = x["rate"]

    land = {}
    for _, x in shared_state["warehouses"].iterrows():
        land[x["warehouse_id"]] = x["country"]

    values = []
    for _, s in shared_state["stock"].iterrows():
        value_eur = round(s["on_hand"] * s["unit_cost"], 2)
        cur = CURRENCY.get(land.get(s["warehouse_id"], "DE"), "EUR")
        rate = rates.get(cur, 1.0)
        value_local = round(value_eur / rate, 2)
        if s["category"] == "none":
            risk = 0.1
        elif s["category"] in ("toys", "garden"):
            risk = 0.25
        else:
            risk = 0.05
        if value_eur > 5000:
            risk = risk + 0.05
        values.append((int(s["product_id"]), int(s["warehouse_id"]), s["sku"], s["category"], int(s["on_hand"]),
                       float(s["unit_cost"]), value_eur, cur, value_local, round(value_eur * risk, 2), s["counted_on"]))

    shared_state["stock_value"] = pd.DataFrame(values, columns=[
        "product_id", "warehouse_id", "sku", "category", "on_hand", "unit_cost", "value_eur",
        "currency", "value_local", "write_down", "counted_on"])
    return shared_state
