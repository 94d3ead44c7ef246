"""Customer distribution: how many customers have placed how many orders."""
import pandas as pd


def is_special(comment):
    at = comment.find("special")
    return at >= 0 and comment.find("requests", at + len("special")) >= 0


def execute(shared_state):
    orders_of = {}
    for c in shared_state["customer"].to_dict("records"):
        orders_of[c["c_custkey"]] = 0
    for o in shared_state["orders"].to_dict("records"):
        if is_special(o["o_comment"]):
            continue
        orders_of[o["o_custkey"]] += 1

    distribution = {}
    for count in orders_of.values():
        distribution[count] = distribution.get(count, 0) + 1
    rows = [{"c_count": count, "custdist": customers} for count, customers in distribution.items()]
    rows.sort(key=lambda r: (r["custdist"], r["c_count"]), reverse=True)
    shared_state["result"] = pd.DataFrame(rows)
    return shared_state
