import pandas as pd

HOME_RATE = 1.0


def reason_code(text):
    if not text:
        return "N/A"
    text = text.strip().lower()
    if text in ("damaged", "broken", "defective"):
        return "QUALITY"
    if text == "wrong item" or text == "wrong size":
        return "PICKING"
    if text == "too late":
        return "DELIVERY"
    return "OTHER"


def make_register(shared_state):
    fx = {}
    for r in shared_state["fx"].to_dict("records"):
        fx[r["currency"]] = r["rate"]

    register = []
    for rec in shared_state["returned"].to_dict("records"):
        refund_local = rec["refund"]
        refund_home = round(refund_local * fx.get(rec["currency"], HOME_RATE), 2)
        if refund_home >= 100:
            level = "manager"
        elif refund_home >= 25:
            level = "clerk"
        else:
            level = "auto"
        register.append({
            "return_id": rec["return_id"],
            "order_id": rec["order_id"],
            "channel": rec["channel"] or "unknown",
            "reason": reason_code(rec["reason"]),
            "currency": rec["currency"],
            "refund": refund_local,
            "refund_home": refund_home,
            "approval": level,
        })
    df = pd.DataFrame(register, columns=[
        "return_id", "order_id", "channel", "reason", "currency", "refund", "refund_home", "approval"])
    df = df[df["refund"] > 0]
    shared_state["register"] = df
    return shared_state
