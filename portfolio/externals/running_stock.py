import pandas as pd

# status codes agreed with warehouse IT
OK = "OK"
LOW = "LOW"
OUT = "OUT"
NEG = "NEGATIVE"


def load_opening(inv_df, today):
    opening = {}
    levels = {}
    for _, r in inv_df.iterrows():
        if r["as_of"] != today:
            continue
        k = (r["product_id"], r["warehouse_id"])
        on_hand = r["on_hand"]
        if pd.isna(on_hand):
            on_hand = 0
        opening[k] = int(on_hand) - int(r["reserved"])
        levels[k] = int(r["reorder_level"])
    return opening, levels


def get_status(balance, level):
    if balance < 0:
        return NEG
    elif balance == 0:
        return OUT
    elif balance <= level:
        return LOW
    else:
        return OK


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    inv = shared_state["inventory"]
    mov = shared_state["stock_movements"]

    opening, levels = load_opening(inv, today)

    running = dict(opening)
    rows = []
    per_warehouse = {}
    for _, m in mov.iterrows():
        k = (m["product_id"], m["warehouse_id"])
        before = running.get(k, 0)
        after = before + int(m["quantity"])
        running[k] = after

        lvl = levels.get(k, 10)
        st = get_status(after, lvl)

        note = m["note"]
        if note is None:
            note = "-"

        # totals per warehouse for the daily mail
        w = m["warehouse_id"]
        if w not in per_warehouse:
            per_warehouse[w] = {"in": 0, "out": 0}
        if m["quantity"] > 0:
            per_warehouse[w]["in"] = per_warehouse[w]["in"] + m["quantity"]
        else:
            per_warehouse[w]["out"] = per_warehouse[w]["out"] - m["quantity"]

        rows.append({
            "movement_id": int(m["movement_id"]),
            "product_id": int(m["product_id"]),
            "warehouse_id": int(m["warehouse_id"]),
            "moved_at": m["moved_at"],
            "kind": m["kind"],
            "quantity": int(m["quantity"]),
            "balance_before": before,
            "balance_after": after,
            "reorder_level": lvl,
            "stock_status": st,
            "note": note,
        })

    mail = []
    for w in sorted(per_warehouse):
        mail.append({"warehouse_id": w, "pieces_in": per_warehouse[w]["in"], "pieces_out": per_warehouse[w]["out"]})
    shared_state["warehouse_mail"] = pd.DataFrame(mail, columns=["warehouse_id", "pieces_in", "pieces_out"])

    shared_state["balances"] = pd.DataFrame(rows, columns=[
        "movement_id", "product_id", "warehouse_id", "moved_at", "kind", "quantity",
        "balance_before", "balance_after", "reorder_level", "stock_status", "note"])
    return shared_state
