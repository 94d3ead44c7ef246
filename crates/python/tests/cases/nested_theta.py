import pandas as pd


def execute(s):
    """How many orders of the same channel were promised before, and the earliest of them."""
    orders = list(s["orders"].itertuples())
    out = []
    for a in orders:
        earlier = 0
        first = None
        for b in orders:
            if b.channel == a.channel and b.promised_on < a.promised_on:
                earlier += 1
                if first is None:
                    first = b.currency
        out.append((a.order_id, a.channel, earlier, first))
    s["out"] = pd.DataFrame(out, columns=["id", "channel", "earlier", "first"])
    return s
