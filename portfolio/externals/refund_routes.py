import csv

import pandas as pd


def execute(shared_state):
    wallet_of_customer = dict()
    for b in shared_state["balances"].to_dict("records"):
        wallet_of_customer[b["customer_id"]] = (b["wallet_id"], b["status"], b["closing_balance"])

    customer_of_order = dict()
    for o in shared_state["orders"].itertuples(index=False):
        customer_of_order[o.order_id] = o.customer_id

    paid = dict()
    how = dict()
    for p in shared_state["payments"].itertuples(index=False):
        paid[p.order_id] = paid.get(p.order_id, 0) + p.amount
        how[p.order_id] = p.method

    lines = list()
    for ret in shared_state["returns"].to_dict("records"):
        order = ret["order_id"]
        customer = customer_of_order.get(order)
        wallet = wallet_of_customer.get(customer, (0, "none", 0.0))

        if customer is None:
            route = "UNKNOWN"
        elif wallet[1] == "open" and ret["refund"] < 50:
            route = "WALLET"
        elif how.get(order, "card") == "card":
            route = "CARD"
        else:
            route = "TRANSFER"

        if order not in paid:
            verdict = "NOT PAID"
        elif ret["refund"] > paid[order] + 0.01:
            verdict = "TOO MUCH"
        elif route == "WALLET" and wallet[2] < 0:
            verdict = "OFFSET"
        else:
            verdict = "OK"
        lines.append([ret["return_id"], order, ret["reason"] or "none", ret["refund"], round(paid.get(order, 0), 2), wallet[0], route, verdict])

    # all refunds of the day
    with open("refund_check.csv", "w", newline="", encoding="utf-8") as out:
        w = csv.writer(out, delimiter=";", lineterminator="\n")
        w.writerow(["return_id", "order_id", "reason", "refund", "paid", "wallet_id", "route", "verdict"])
        for l in lines:
            if l[7] == "OK":
                continue
            w.writerow(l)
        w.writerow(["TRAILER", shared_state["__etlEffectiveDate"].strftime("%Y%m%d"), len(shared_state["returns"])])

    shared_state["refund_lines"] = pd.DataFrame(
        lines, columns=["return_id", "order_id", "reason", "refund", "paid", "wallet_id", "route", "verdict"])
    return shared_state
