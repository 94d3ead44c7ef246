import pandas as pd


def hourly_totals(shared_state):
    df = shared_state["employees"]

    hours = []
    prev_wh = None
    prev_kind = None
    start = None
    end = None
    shift = None
    cnt = 0
    total = 0
    notes = ""
    lauf = 0

    for t in df.itertuples():
        if prev_wh is not None and (t.warehouse_id != prev_wh or t.kind != prev_kind):
            lauf = lauf + 1
            if shift < 6:
                s = "night"
            elif shift < 14:
                s = "early"
            elif shift < 22:
                s = "late"
            else:
                s = "night"
            hours.append({"run_no": lauf, "warehouse_id": prev_wh, "kind": prev_kind, "shift": s,
                          "started_at": start, "ended_at": end, "moves": cnt, "net_pieces": total,
                          "notes": notes})
            if t.warehouse_id != prev_wh:
                lauf = 0
            start = None
            cnt = 0
            total = 0
            notes = ""
        if start is None:
            start = t.moved_at
            shift = int(t.hour_of_day)
        end = t.moved_at
        cnt = cnt + 1
        total = total + t.quantity
        if t.note:
            if notes != "":
                notes = notes + "; "
            notes = notes + t.note
        prev_wh = t.warehouse_id
        prev_kind = t.kind

    # last one
    if prev_wh is not None:
        lauf = lauf + 1
        if shift < 6:
            s = "night"
        elif shift < 14:
            s = "early"
        elif shift < 22:
            s = "late"
        else:
            s = "late"
        hours.append({"run_no": lauf, "warehouse_id": prev_wh, "kind": prev_kind, "shift": s,
                      "started_at": start, "ended_at": end, "moves": cnt, "net_pieces": total,
                      "notes": notes})

    out = pd.DataFrame(hours, columns=["run_no", "warehouse_id", "kind", "shift", "started_at", "ended_at",
                                       "moves", "net_pieces", "notes"])
    out["started_at"] = pd.to_datetime(out["started_at"])
    out["ended_at"] = pd.to_datetime(out["ended_at"])
    shared_state["hours"] = out
    return shared_state
