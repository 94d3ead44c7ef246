import pandas as pd


def execute(shared):
    stock = 10
    short = 0
    rows = []
    for o in shared["orders"].to_dict("records"):
        wanted = o["order_id"] % 4 + 1
        taken = min(wanted, stock)
        stock -= taken
        if taken < wanted:
            short += wanted - taken
            stock += 6
        rows.append((o["order_id"], wanted, taken, stock, short))
    shared["out"] = pd.DataFrame(rows, columns=["id", "wanted", "taken", "stock", "short"])
    return shared
