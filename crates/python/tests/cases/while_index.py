import pandas as pd


def execute(s):
    """`while` over an index."""
    rows = s["orders"].sort_values(["channel", "order_id"], kind="stable").to_dict("records")
    out = []
    i = 0
    n = len(rows)
    running = 0
    while i < n:
        r = rows[i]
        if r["status"] == "cancelled":
            i += 1
            continue
        running += r["customer_id"]
        last = i + 1 == n or rows[i + 1]["channel"] != r["channel"]
        out.append({"i": i, "id": r["order_id"], "run": running, "last": last})
        i += 1
    s["a"] = pd.DataFrame(out)
    s["b"] = pd.DataFrame([{"i": i}])
    pos = 1
    steps = []
    while pos < len(rows):
        previous = rows[pos - 1]
        pos += 1
        steps.append({"pos": pos, "id": previous["order_id"]})
    else:
        steps.append({"pos": -1, "id": pos})
    s["c"] = pd.DataFrame(steps)
    j = 0
    found = -1
    while j < len(rows):
        if rows[j]["channel"] == "web":
            found = j
            break
        j += 1
    s["d"] = pd.DataFrame([{"found": found, "j": j}])
    k = 0
    first = []
    while k < len(rows) and rows[k]["channel"] == "phone":
        first.append(rows[k]["order_id"])
        k = k + 1
    s["e"] = pd.DataFrame({"id": [len(first), k]})
    return s
