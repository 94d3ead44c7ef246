from datetime import datetime, timedelta

import pandas as pd

DAY = timedelta(days=1)


def clock(text):
    return datetime.strptime(text, "%H:%M")


def execute(shared_state):
    rows = []
    for tide in shared_state["tides"].to_dict("records"):
        high, low = clock(tide["high"]), clock(tide["low"])
        gap = low - high
        if gap < timedelta(0):
            gap = gap + DAY
        minutes = gap // timedelta(minutes=1)
        hours, rest = divmod(minutes, 60)
        rows.append({
            "port": tide["port"],
            "gap": f"{hours}h{rest:02d}",
            "half": (high + timedelta(minutes=minutes // 2)).strftime("%H:%M"),
            "share": round(gap / DAY, 5),
            "night": high.hour >= 22 or high.hour < 6,
            "am": high.strftime("%I:%M %p"),
        })
    shared_state["gaps"] = pd.DataFrame(rows)
    return shared_state
