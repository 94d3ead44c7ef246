from datetime import timedelta

import pandas as pd


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    start = today.replace(day=1)
    rows = []
    for r in shared_state["orders"].to_dict("records"):
        r["age"] = (today - r["promised_on"]).days
        due = r["promised_on"] + timedelta(days=3)
        if not start <= r["promised_on"] < today:
            continue
        wait = None
        if r["shipped_on"] is not None:
            wait = (r["shipped_on"] - r["promised_on"]).days
        rows.append({
            "id": r["order_id"],
            "age": r["age"],
            "due": due,
            "weekend": due.weekday() >= 5,
            "month": r["promised_on"].strftime("%Y-%m"),
            "iso": r["promised_on"].isoformat(),
            "day": r["ordered_at"].date(),
            "late": "unknown" if wait is None else ("late" if wait > 0 else "ok"),
            "code": "%s" if False else r["channel"][0:2].upper() + "/" + str(r["order_id"] % 7) + "/" + str(r["order_id"] // 7),
        })
    shared_state["ages"] = pd.DataFrame(rows)
    return shared_state
