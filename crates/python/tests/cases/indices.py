import pandas as pd


def execute(s):
    """Rows read by their index."""
    rows = s["orders"].to_dict("records")
    out = []
    for i in range(len(rows)):
        before = rows[i - 1]["order_id"] if i > 0 else 0
        after = rows[i + 1]["order_id"] if i + 1 < len(rows) else 0
        wraps = rows[i - 2]["channel"]
        out.append({"i": i, "id": rows[i]["order_id"], "before": before, "after": after,
                    "wraps": wraps})
    s["a"] = pd.DataFrame(out)
    back = []
    for i in range(len(rows) - 1, -1, -1):
        back.append({"i": i, "id": rows[i]["order_id"], "mirror": rows[-i - 1]["order_id"]})
    s["b"] = pd.DataFrame(back)
    gaps = []
    for i in range(1, len(rows)):
        gaps.append({"gap": rows[i]["customer_id"] - rows[i - 1]["customer_id"]})
    s["c"] = pd.DataFrame(gaps)
    pairs = []
    for i in range(len(rows) - 1):
        pairs.append({"pair": f"{rows[i]['order_id']}-{rows[i + 1]['order_id']}"})
    s["d"] = pd.DataFrame(pairs)
    df = s["customers"]
    cells = []
    for n in range(df.shape[0]):
        cells.append({"name": df.iloc[n]["full_name"], "mail": df["email"].iloc[n],
                      "day": df.iloc[n, 5]})
    s["e"] = pd.DataFrame(cells)
    near = []
    for n, r in enumerate(rows):
        if n and rows[n - 1]["channel"] == r["channel"]:
            near.append({"id": r["order_id"], "prev": rows[n - 1]["order_id"]})
    s["f"] = pd.DataFrame(near, columns=["id", "prev"])
    return s
