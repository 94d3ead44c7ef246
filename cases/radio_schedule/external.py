from datetime import datetime, timedelta

import pandas as pd

PRIME = timedelta(hours=2)


def execute(shared_state):
    day = shared_state["__etlEffectiveDate"]
    out = []
    for show in shared_state["shows"].itertuples(index=False):
        begin = datetime.strptime(f"{day.isoformat()} {show.starts}", "%Y-%m-%d %H:%M")
        length = timedelta(minutes=show.minutes)
        end = begin + length
        spill = end.date() > day
        out.append((
            show.show,
            begin.strftime("%H:%M"),
            end.strftime("%a %H:%M"),
            "long" if length >= PRIME else "short",
            spill,
            (end - begin).seconds // 60,
            (end - datetime(day.year, day.month, day.day)).total_seconds() / 3600,
            end.replace(minute=0, second=0).isoformat(),
        ))
    shared_state["plan"] = pd.DataFrame(
        out, columns=["show", "begin", "end", "kind", "spill", "minutes", "hours", "slot"])
    return shared_state
