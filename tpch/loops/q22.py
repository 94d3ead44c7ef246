"""Global sales opportunity: good customers of some countries who have not ordered."""
import pandas as pd

CODES = ["13", "31", "23", "29", "30", "18", "17"]


def execute(shared_state):
    total, count = 0.0, 0
    for c in shared_state["customer"].to_dict("records"):
        if c["c_acctbal"] > 0.0 and c["c_phone"][:2] in CODES:
            total += c["c_acctbal"]
            count += 1
    average = total / count

    with_orders = set()
    for o in shared_state["orders"].to_dict("records"):
        with_orders.add(o["o_custkey"])

    by_code = {}
    for c in shared_state["customer"].to_dict("records"):
        code = c["c_phone"][0:2]
        if code not in CODES or c["c_acctbal"] <= average or c["c_custkey"] in with_orders:
            continue
        entry = by_code.setdefault(code, {"numcust": 0, "totacctbal": 0.0})
        entry["numcust"] += 1
        entry["totacctbal"] += c["c_acctbal"]

    shared_state["result"] = pd.DataFrame(
        [{"cntrycode": code, **by_code[code]} for code in sorted(by_code)],
        columns=["cntrycode", "numcust", "totacctbal"])
    return shared_state
