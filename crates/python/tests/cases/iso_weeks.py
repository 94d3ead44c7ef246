import pandas as pd


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    rows = []
    for r in shared_state["orders"].to_dict("records"):
        year, week, weekday = r["promised_on"].isocalendar()
        label = "%d-W%02d" % (year, week) if False else str(year) + "-W" + str(week)
        rows.append([r["order_id"], label, weekday, r["ordered_at"].isocalendar()[1],
                     r["promised_on"].isocalendar().week == today.isocalendar()[1]])
    shared_state["weeks"] = pd.DataFrame(rows, columns=["id", "label", "weekday", "ordered", "now"])
    return shared_state
