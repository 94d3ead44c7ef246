from collections import Counter, defaultdict
from datetime import timedelta

import pandas as pd

TOP = 2


def label(rv):
    return "%s (%s*)" % (rv[1] if rv[1] else "untitled", "-" if pd.isna(rv[2]) else int(rv[2]))


def top_n(lst, n):
    """the n newest reviews"""
    s = sorted(lst, key=lambda t: -t[0])
    return [t for t in s if len(s) <= n or t[0] >= s[n - 1][0]]


def execute(shared_state):
    eff = shared_state["__etlEffectiveDate"]
    week_start = eff - timedelta(days=6)
    names = {c.product_id: (c.product_name, c.category) for c in shared_state["catalogue"].itertuples()}

    seen = set()
    dupes = Counter()
    products = defaultdict(list)
    for r in shared_state["reviews"].itertuples(index=False):
        if r.as_of < week_start:
            continue
        if not pd.isna(r.customer_id):
            k = (int(r.customer_id), r.product_id)
            if k in seen:
                dupes[r.product_id] += 1
                continue
            seen.add(k)
        products[r.product_id].append((r.helpful, r.title, r.rating))

    rows = []
    for pid in products:
        lst = products[pid]
        if len(lst) < 2:
            continue
        avg = sum(3 if pd.isna(t[2]) else t[2] for t in lst) / len(lst)
        rated = [t[2] for t in lst if not pd.isna(t[2])]
        low = min(rated) if rated else 0
        best = top_n(lst, TOP)
        headlines = ""
        for b in best:
            if headlines != "":
                headlines += " | "
            headlines += label(b)
        titles = sum(1 for t in lst if (t[1] or "") != "")
        nm, cat = names.get(pid, ("(not in catalogue)", None))
        rows.append((pid, nm, cat or "misc", len(lst), dupes[pid], round(avg, 2), int(low), titles, best[0][0], headlines))

    rows = sorted(rows, key=lambda x: (-x[3], x[0]))
    df = pd.DataFrame(rows, columns=["product_id", "product_name", "category", "reviews", "repeats", "avg_rating",
                                     "lowest_rating", "titles", "most_helpful", "headlines"])
    shared_state["low_rated"] = df[df["avg_rating"] < 2.5]
    shared_state["digest"] = df
    return shared_state
