import numpy as np


def mark(shared_state):
    b = shared_state["bookings"].copy()
    revenue = b["price"].sum()
    b["size"] = np.where(b["players"] >= 5, "group", "small")
    b["class"] = np.select([b["price"] > 80, b["price"] > 40], ["high", "middle"], default="low")
    b["share"] = b["price"] / revenue
    b = b.assign(per_head=b["price"] / b["players"])
    shared_state["marked"] = b[["booking", "room", "size", "class", "share", "per_head"]]
    return shared_state
