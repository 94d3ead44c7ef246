import datetime

N = 10


def best_sellers(shared_state):
    today = shared_state["__etlEffectiveDate"]
    # no notice on Mondays, the office meets
    if today.weekday() == 0:
        return shared_state

    sold = {}
    days = []
    as_of = today
    for row in shared_state["movements"].itertuples():
        if row.as_of < today - datetime.timedelta(days=7) or row.as_of >= today:
            continue
        sold[row.product_id] = sold.get(row.product_id, 0) + 1
        as_of = row.as_of
        if as_of not in days:
            days.append(as_of)
    # too little to compare
    if len(days) < 5:
        return shared_state

    # value of both warehouses
    total = {}
    pieces = {}
    sku = {}
    for _, row in shared_state["stock"].iterrows():
        p = row["product_id"]
        total[p] = total.get(p, 0) + row["value_eur"]
        pieces[p] = pieces.get(p, 0) + row["on_hand"]
        sku[p] = row["sku"]

    cand = [(sold.get(p, 0), -total[p], p) for p in total if total[p] >= 10000]
    cand.sort()

    # the first N, and whoever is equal to the last of them
    top = []
    for c in cand:
        if len(top) >= N and c[0] != top[-1][0]:
            break
        top.append(c)

    lines = []
    lines.append("SLOW MOVERS  " + today.strftime("%d.%m.%Y"))
    lines.append("=" * 52)
    lines.append("no  article       sold   pieces         value EUR")
    rank = 0
    before = None
    for i, c in enumerate(top):
        if c[0] != before:
            rank = i + 1
        before = c[0]
        lines.append(str(rank).ljust(4) + sku[c[2]].ljust(12) + str(c[0]).rjust(6) + str(pieces[c[2]]).rjust(9)
                     + f"{-c[1]:,.2f}".rjust(18))
    lines.append("-" * 52)
    lines.append(f"{len(top)} articles, figures of {as_of:%d.%m.%Y}")

    with open("slow_movers.txt", "w", encoding="utf-8") as f:
        for l in lines:
            f.write(l + "\r\n")
    return shared_state
