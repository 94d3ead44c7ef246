import pandas as pd


def execute(s):
    rows = []
    for _, r in s["orders"].iterrows():
        if r["status"] == "open":
            tag = "O"
        elif r["status"] == "cancelled":
            tag = "C"
        if r["order_id"] > 110:
            try:
                rows.append({"id": r["order_id"], "tag": tag})
            except NameError:
                pass
    s["out"] = pd.DataFrame(rows, columns=["id", "tag"])
    return s
