import pandas as pd


def execute(shared_state):
    grams = {}
    for _, p in shared_state["pickings"].iterrows():
        year, week, day = p["picked_on"].isocalendar()
        key = (p["bed"], year, week)
        grams[key] = grams.get(key, 0) + p["grams"]
    lines = []
    for (bed, year, week), total in grams.items():
        lines.append({"bed": bed, "iso_year": year, "iso_week": week, "grams": total})
    shared_state["weeks"] = pd.DataFrame(lines, columns=["bed", "iso_year", "iso_week", "grams"])
    return shared_state
