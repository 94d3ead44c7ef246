# Bank import, version 3
# reads the MT940 file of the house bank and finds the invoices   (KH, 2019)
import re
import pandas as pd


class Pay:
    def __init__(self, id, orderId, cents, how):
        self.id = id
        self.orderId = orderId
        self.cents = cents
        self.how = how


def toCents(x):
    return int(round(x * 100))


def findOrder(txt):
    if txt == None:
        return ""
    m = re.search("[0-9]{11}", txt)
    if m:
        return m.group(0)
    return ""


def matchBank(shared_state):
    lines = shared_state["bank_lines"]
    allPays = []
    byCents = {}
    byOrder = {}
    for i, p in shared_state["payments"].iterrows():
        how = p["method"]
        if how is None:
            how = "UNKNOWN"
        pay = Pay(p["payment_id"], str(p["order_id"]), toCents(p["amount"]), how)
        allPays.append(pay)
        if pay.cents not in byCents:
            byCents[pay.cents] = []
        byCents[pay.cents].append(pay)
        if pay.orderId not in byOrder:
            byOrder[pay.orderId] = []
        byOrder[pay.orderId].append(pay)

    used = set()
    unmatched = []
    for i, l in lines.iterrows():
        cents = toCents(l["amount"])
        ref = findOrder(l["purpose"])
        found = None
        status = "OPEN"
        if cents < 0:
            status = "OUT"
        else:
            # 1. the order number is in the text
            for pay in byOrder.get(ref, []):
                if pay.id in used:
                    continue
                if abs(pay.cents - cents) <= 5:
                    found = pay
                    status = "EXACT"
                    break
                if found is None:
                    found = pay
                    status = "ORDER"
            # 2. same amount
            if found is None:
                for pay in byCents.get(cents, []):
                    if pay.id not in used:
                        found = pay
                        status = "AMOUNT"
                        break
        if found is not None:
            used.add(found.id)
            unmatched.append([l["line_no"], l["booked_on"], l["counterparty"], l["iban"][-4:], l["amount"], ref,
                              str(found.id), found.orderId, found.how, status, (cents - found.cents) / 100])
        else:
            unmatched.append([l["line_no"], l["booked_on"], l["counterparty"], l["iban"][-4:], l["amount"], ref,
                              "0", "", "n/a", status, 0.0])

    # list for accounting: what the customers still have to pay
    openList = []
    for pay in allPays:
        if pay.id in used:
            continue
        openList.append({"payment_id": pay.id, "order_id": pay.orderId, "open_amount": pay.cents / 100})
    shared_state["open_payments"] = pd.DataFrame(openList, columns=["payment_id", "order_id", "open_amount"])

    shared_state["unmatched"] = pd.DataFrame(unmatched, columns=[
        "line_no", "booked_on", "counterparty", "account", "amount", "order_ref",
        "payment_id", "order_id", "method", "status", "difference"])
    return shared_state
