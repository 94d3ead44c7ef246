import pandas as pd


def execute(s):
    """Percent of a total in a second loop, a note in a third."""
    rows = []
    total = 0
    for l in s["order_lines"].itertuples():
        rows.append({"order": l.order_id, "units": l.quantity, "share": None, "note": ""})
        total += l.quantity
    for r in rows:
        r["share"] = round(r["units"] / total, 4)
        if r["units"] > 4:
            r["note"] = "many"
            continue
        r["note"] = "few" if r["units"] < 2 else "some"
    for r in rows:
        r["tag"] = r["note"] + str(r["order"])
    rows.append({"order": 0, "units": total, "share": 1.0, "note": "all", "tag": "-"})
    s["out"] = pd.DataFrame(rows)
    return s
