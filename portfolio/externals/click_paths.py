# click paths for the UX people
# v3 - works, please do not touch before the release

import pandas as pd

arrow = ">"


def run(shared_state):
    # all customers of today
    df = shared_state["customers"]
    today = shared_state["__etlEffectiveDate"]

    # device
    d = {}
    ws = shared_state["web_sessions"]
    ids = list(ws["session_id"])
    devices = list(ws["device"])
    j = 0
    while j < len(ids):
        if ids[j] not in d:
            d[ids[j]] = devices[j]
        j = j + 1

    S = list(df["session_id"])
    T = list(df["viewed_at"])
    P = list(df["page"])
    X = list(df["as_of"])

    result = []
    cur = None
    txt = ""
    cnt = 0
    t0 = None
    t1 = None
    first = ""
    prev = ""
    flag = 0
    i = 0
    while i < len(S):
        if X[i] != today:
            i = i + 1
            continue
        if S[i] != cur:
            if cur is not None:
                if flag == 2:
                    goal = "checkout"
                elif flag == 1:
                    goal = "cart"
                else:
                    goal = "browse"
                if cnt > 6:
                    txt = txt + arrow + "+" + str(cnt - 6)
                sec = int((t1 - t0).total_seconds())
                result.append([cur, d.get(cur, "unknown"), txt, cnt, first, prev, sec, goal])
            # new one
            cur = S[i]
            txt = ""
            cnt = 0
            flag = 0
            first = P[i]
            prev = ""
            t0 = T[i]
        if P[i] != prev:
            cnt = cnt + 1
            if cnt == 1:
                txt = P[i]
            elif cnt <= 6:
                txt = txt + arrow + P[i]
        if P[i] == "checkout":
            flag = 2
        elif P[i] == "cart" and flag < 2:
            flag = 1
        prev = P[i]
        t1 = T[i]
        i = i + 1

    # dont forget the last one!!
    if cur is not None:
        if flag == 2:
            goal = "checkout"
        elif flag == 1:
            goal = "cart"
        else:
            goal = "browse"
        if cnt > 6:
            txt = txt + arrow + "+" + str(cnt - 6)
        sec = int((t1 - t0).total_seconds())
        result.append([cur, "n/a", txt, cnt, first, prev, sec, goal])

    shared_state["paths"] = pd.DataFrame(
        result, columns=["session_id", "device", "path", "steps", "entry_page", "exit_page", "seconds", "goal"])
    return shared_state
