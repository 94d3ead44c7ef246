from datetime import datetime

import pandas as pd


def execute(shared_state):
    rows = []
    for r in shared_state["readings"].to_dict("records"):
        try:
            at = datetime.fromisoformat(r["at"])
            value = float(r["value"].replace(",", "."))
        except (ValueError, AttributeError):
            continue
        fahrenheit = value * 9 / 5 + 32
        rows.append({
            "sensor": r["sensor"].upper(),
            "hour": at.hour,
            "part": "day" if 6 <= at.hour < 20 else "night",
            "minute_of_day": at.hour * 60 + at.minute,
            "value": value,
            "fahrenheit": f"{fahrenheit:+.1f}F",
            "stamp": at.strftime("%d.%m.%Y %H:%M:%S"),
        })
    shared_state["log"] = pd.DataFrame(
        rows, columns=["sensor", "hour", "part", "minute_of_day", "value", "fahrenheit", "stamp"])
    return shared_state
