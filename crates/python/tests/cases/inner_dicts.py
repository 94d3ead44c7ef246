from collections import Counter, defaultdict

import pandas as pd


def execute(s):
    """Dictionaries and sets in the entries of a dictionary."""
    by = {}
    for o in s["orders"].itertuples():
        inner = by.setdefault(o.channel, {})
        inner[o.currency] = inner.get(o.currency, 0) + o.customer_id
    out = []
    for channel, inner in by.items():
        for currency, total in inner.items():
            out.append({"channel": channel, "currency": currency, "total": total,
                        "n": len(inner)})
    s["a"] = pd.DataFrame(out)
    sets = defaultdict(set)
    for o in s["orders"].to_dict("records"):
        sets[o["channel"]].add(o["customer_id"])
    rows = []
    for key in sorted(sets):
        members = sets[key]
        rows.append({"key": key, "n": len(members), "top": max(members), "has": 3 in members})
    s["b"] = pd.DataFrame(rows)
    counts = defaultdict(lambda: defaultdict(int))
    for _, c in s["customers"].iterrows():
        if c["region"] is None:
            continue
        counts[c["segment"]][c["region"]] += 1
    s["c"] = pd.DataFrame([{"k": k, "r": r, "n": n} for k, v in counts.items() for r, n in v.items()])
    last = {}
    for o in s["orders"].to_dict("records"):
        if o["channel"] not in last:
            last[o["channel"]] = {}
        last[o["channel"]][(o["currency"], o["customer_id"] % 2)] = o["order_id"]
    flat = []
    for channel, inner in sorted(last.items()):
        for (currency, odd), order in inner.items():
            flat.append((channel, currency, odd, order, sum(inner.values())))
    s["d"] = pd.DataFrame(flat, columns=["channel", "currency", "odd", "order", "sum"])
    out = []
    for o in s["orders"].to_dict("records"):
        out.append({"id": o["order_id"], "eur": by[o["channel"]].get("EUR", 0),
                    "own": by[o["channel"]][o["currency"]]})
    s["e"] = pd.DataFrame(out)
    seen = Counter()
    for o in s["orders"].to_dict("records"):
        seen[o["currency"]] += 1
    top = [{"word": word, "times": times} for word, times in seen.most_common()]
    top.extend({"word": word, "times": times} for word, times in seen.most_common(2))
    s["f"] = pd.DataFrame(top)
    return s
