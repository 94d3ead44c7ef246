import pandas as pd


def execute(s):
    rows = []
    for o in s["orders"].to_dict("records"):
        ok = o["status"] == "open" or o["channel"] == "web" and not o["shipped_on"]
        v = o["shipping_fee"] if ok else 0
        rows.append({"id": o["order_id"], "ok": ok, "v": v, "w": round(v / 3, 1) if v > 5 else None, "c": sum([ok, True])})
    s["out"] = pd.DataFrame(rows)
    return s
