import pandas as pd


def execute(shared):
    frame = shared["orders"]
    streak = 0
    group = 0
    current = None
    longest = 0
    total = 0.0
    rows = []
    for _, r in frame.iterrows():
        status = r["status"] or "none"
        if status != current:
            streak = 1
            group += 1
            total = r["shipping_fee"]
            current = status
        else:
            streak += 1
            total += r["shipping_fee"]
        if streak > longest:
            longest = streak
        rows.append({"id": r["order_id"], "status": status, "streak": streak, "group": group, "longest": longest, "total": total})
    shared["out"] = pd.DataFrame(rows, columns=["id", "status", "streak", "group", "longest", "total"])
    return shared
