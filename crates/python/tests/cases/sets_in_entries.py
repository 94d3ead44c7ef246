from collections import defaultdict
from datetime import date

import pandas as pd


class Seen:
    def __init__(self):
        self.count = 0
        self.statuses = set()


def execute(s):
    orders = s["orders"].to_dict("records")
    by_channel = {}
    late = {}
    pairs = defaultdict(set)
    boxes = {}
    entries = {}
    for o in orders:
        by_channel.setdefault(o["channel"], set()).add(o["customer_id"])
        if o["promised_on"] < date(2024, 10, 30):
            late.setdefault(o["channel"], set()).add(o["customer_id"])
        pairs[o["currency"]].add((o["channel"], o["status"]))
        if o["channel"] not in boxes:
            boxes[o["channel"]] = Seen()
        box = boxes[o["channel"]]
        box.count += 1
        if o["shipped_on"] is not None:
            box.statuses.add(o["status"])
        entry = entries.get((o["channel"], o["currency"]))
        if entry is None:
            entry = {"n": 0, "who": set()}
            entries[(o["channel"], o["currency"])] = entry
        entry["n"] += 1
        entry["who"].add(o["customer_id"])

    rows = []
    for channel, customers in by_channel.items():
        lines = late.get(channel, set())
        rows.append({"channel": channel, "n": len(customers), "late": len(lines), "has": 3 in customers,
                     "any": bool(lines)})
    s["channels"] = pd.DataFrame(rows)
    s["pairs"] = pd.DataFrame([(k, len(v), ("web", None) in v) for k, v in pairs.items()],
                              columns=["currency", "n", "open"])
    s["boxes"] = pd.DataFrame([{"channel": k, "count": b.count, "n": len(b.statuses)} for k, b in boxes.items()])
    out = []
    for (channel, currency), entry in sorted(entries.items(), key=lambda item: (-len(item[1]["who"]), item[0])):
        out.append([channel, currency, entry["n"], len(entry["who"])])
    s["entries"] = pd.DataFrame(out, columns=["channel", "currency", "n", "who"])

    alone = 0
    for o in orders:
        if len(by_channel[o["channel"]]) > 1 and o["customer_id"] in by_channel[o["channel"]]:
            alone += 1
    s["alone"] = pd.DataFrame([{"alone": alone}])
    return s
