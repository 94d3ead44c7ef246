import math

import pandas as pd

METHODS = ["card", "transfer", "wallet", "invoice", "voucher", "other"]


def m(x):
    return "other" if x is None else x


def histogram(values, width=50):
    h = {}
    for v in values:
        b = int(v // width) * width
        h[b] = h.get(b, 0) + 1
    return pd.DataFrame(sorted(h.items()), columns=["bucket", "n"])


def execute(shared_state):
    data = shared_state["df4"].to_dict("records")

    # pass 1
    s = {k: 0.0 for k in METHODS}
    n = {k: 0 for k in METHODS}
    unpaid = {k: 0 for k in METHODS}
    smallest = {}
    largest = {}
    for row in data:
        k = m(row["method"])
        if row["paid_at"] is None:
            unpaid[k] += 1
            continue
        n[k] += 1
        s[k] += row["amount"]
        if k not in smallest or row["amount"] < smallest[k]:
            smallest[k] = row["amount"]
        if k not in largest or row["amount"] > largest[k]:
            largest[k] = row["amount"]
    mean = {k: s[k] / n[k] if n[k] > 0 else 0.0 for k in METHODS}

    # pass 2
    q = {k: 0.0 for k in METHODS}
    n2 = {k: 0 for k in METHODS}
    for row in data:
        k = m(row["method"])
        q[k] += (row["amount"] - mean[k]) ** 2
        n2[k] += 1
    std = {}
    for k in METHODS:
        if n2[k] < 2:
            std[k] = 0.0
        else:
            std[k] = math.sqrt(q[k] / (n2[k] - 1))

    # 3 sigma
    outliers = []
    count = {}
    for row in data:
        k = m(row["method"])
        z = 0.0
        if std[k] > 0:
            z = (row["amount"] - mean[k]) / std[k]
        if abs(z) < 2.5:
            continue
        count[k] = count.get(k, 0) + 1
        ratio = None
        if row["net_amount"] is not None and not math.isnan(row["net_amount"]) and row["net_amount"] != 0:
            ratio = round(row["amount"] / row["net_amount"], 3)
        if ratio is None:
            verdict = "NO ORDER"
        elif ratio > 1.004:
            verdict = "TOO HIGH"
        elif ratio < 0.8:
            verdict = "PART"
        else:
            verdict = "PLAUSIBLE"
        outliers.append({
            "payment_id": row["payment_id"],
            "order_id": row["order_id"],
            "method": row["method"] or "",
            "amount": row["amount"],
            "z_score": round(z, 4),
            "order_ratio": ratio,
            "verdict": verdict,
        })
    outliers.sort(key=lambda o: -abs(o["z_score"]))

    stats = []
    for k in METHODS:
        if n2[k] == 0:
            continue
        stats.append([k, n[k], unpaid[k], round(mean[k], 4), round(std[k], 4),
                      smallest.get(k, 0.0), largest.get(k, 0.0), count.get(k, 0)])

    shared_state["histogram"] = histogram([row["amount"] for row in data])
    shared_state["stats"] = pd.DataFrame(
        stats, columns=["method", "payments", "unpaid", "mean", "std", "min", "max", "outliers"])
    shared_state["outliers"] = pd.DataFrame(
        outliers, columns=["payment_id", "order_id", "method", "amount", "z_score", "order_ratio", "verdict"])
    return shared_state
