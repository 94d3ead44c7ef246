from collections import Counter, defaultdict

import pandas as pd

WEIGHT = {"web": 2, "shop": 3}


def execute(shared_state):
    orders = shared_state["orders"]
    totals = {}
    first = {}
    last = {}
    per = defaultdict(int)
    pairs = defaultdict(lambda: [0, 0.0])
    statuses = Counter()
    stats = {"all": 0, "late": 0}
    biggest = {}
    for o in orders.to_dict("records"):
        c = o["channel"]
        totals[c] = totals.get(c, 0) + o["shipping_fee"]
        first.setdefault(o["currency"], o["order_id"])
        last[o["currency"]] = o["order_id"]
        per[o["customer_id"]] += WEIGHT.get(c, 1)
        pairs[(c, o["currency"])][0] += 1
        pairs[(c, o["currency"])][1] += o["shipping_fee"]
        statuses[o["status"]] += 1
        stats["all"] += 1
        if o["shipped_on"] and o["shipped_on"] > o["promised_on"]:
            stats["late"] += 1
        e = biggest.get(c)
        if e is None:
            e = {"fee": o["shipping_fee"], "order": o["order_id"]}
            biggest[c] = e
        elif o["shipping_fee"] > e["fee"]:
            e["fee"] = o["shipping_fee"]
            e["order"] = o["order_id"]
    shared_state["a_totals"] = pd.DataFrame([{"channel": k, "fees": v} for k, v in totals.items()])
    shared_state["b_ends"] = pd.DataFrame([(k, first[k], last[k]) for k in sorted(last)], columns=["currency", "first", "last"])
    shared_state["c_per"] = pd.DataFrame([[k, v] for k, v in sorted(per.items(), key=lambda kv: (-kv[1], kv[0]))[:5]], columns=["customer", "weight"])
    shared_state["d_pairs"] = pd.DataFrame(
        [{"channel": ch, "currency": cu, "n": n, "fees": round(f, 2)} for (ch, cu), (n, f) in pairs.items()],
        columns=["channel", "currency", "n", "fees"])
    shared_state["e_statuses"] = pd.DataFrame(
        [{"status": s or "none", "n": n} for s, n in statuses.items()], columns=["status", "n"])
    shared_state["f_stats"] = pd.DataFrame([{"all": stats["all"], "late": stats["late"]}])
    shared_state["g_biggest"] = pd.DataFrame(
        [{"channel": k, "fee": v["fee"], "order": v["order"]} for k, v in biggest.items()], columns=["channel", "fee", "order"])
    return shared_state
