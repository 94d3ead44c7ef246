import calendar

import pandas as pd

CURRENCY = {"GB": "GBP", "CH": "CHF", "SE": "SEK", "PL": "PLN"}


def product_list(shared_state):
    effective = shared_state["__etlEffectiveDate"]

    rates = {}
    for _, x in shared_state["exchange_rates"].iterrows():
        rates[x["currency"]] = x["rate"]

    land = {}
    for _, x in shared_state["warehouses"].iterrows():
        land[x["warehouse_id"]] = x["country"]

    values = []
    for s in shared_state["stock"].to_dict("records"):
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
        values.append((s["as_of"], int(s["product_id"]), int(s["warehouse_id"]), s["sku"], s["category"],
                       int(s["on_hand"]), float(s["unit_cost"]), value_eur, cur, value_local,
                       round(value_eur * risk, 2), s["counted_on"]))

    # the customers
    customer = []
    for w in shared_state["warehouses"].to_dict("records"):
        if w["country"] not in customer:
            customer.append(w["country"])
    customer.sort()
    customer.append("XX")

    rows = []
    for c in customer:
        pieces = 0
        value = 0.0
        local = 0.0
        down = 0.0
        cur = ""
        for v in values:
            if v[0] != effective.isoformat():
                continue
            if land.get(v[2], "XX") == c:
                pieces += v[5]
                value += v[7]
                local += v[9]
                down += v[10]
                cur = v[8]
        if pieces == 0:
            continue
        rows.append([c, cur, pieces, round(value, 2), round(local, 2), round(down, 2)])

    # Sunday: average of the week
    if effective.weekday() == 6:
        pieces = 0
        value = 0.0
        down = 0.0
        for v in values:
            pieces += v[5]
            value += v[7]
            down += v[10]
        week = effective.isocalendar()[1]
        rows.append(["WEEK " + str(week), "EUR", pieces // 7, round(value / 7, 2), None, round(down / 7, 2)])

    # end of month: total
    if effective.day == calendar.monthrange(effective.year, effective.month)[1]:
        pieces = 0
        value = 0.0
        down = 0.0
        for r in rows:
            pieces += r[2]
            value += r[3]
            down += r[5]
        rows.append(["MONTH " + effective.strftime("%m/%Y"), "EUR", pieces, round(value, 2), None, round(down, 2)])

    shared_state["product_list"] = pd.DataFrame(
        rows, columns=["country", "currency", "pieces", "value_eur", "value_local", "write_down"])
    return shared_state
