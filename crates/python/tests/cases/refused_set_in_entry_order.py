import pandas as pd


def execute(s):
    by_channel = {}
    for o in s["orders"].to_dict("records"):
        by_channel.setdefault(o["channel"], set()).add(o["status"])
    rows = []
    for channel, statuses in by_channel.items():
        for status in statuses:
            rows.append({"channel": channel, "status": status})
    s["out"] = pd.DataFrame(rows)
    return s
