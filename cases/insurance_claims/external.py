from decimal import Decimal, ROUND_HALF_UP
import pandas as pd

CENT = Decimal("0.01")
DEDUCTIBLE = Decimal("150.00")
CAP = Decimal("5000")


def money(x):
    return Decimal(str(x))


def payout(amount, share):
    def cut(value):
        if value > CAP:
            return CAP
        return value

    above = money(amount) - DEDUCTIBLE
    if above <= 0:
        return Decimal("0.00")
    return cut((above * money(share)).quantize(CENT, rounding=ROUND_HALF_UP))


def execute(shared_state):
    result = []
    totals = {}
    for c in shared_state["claims"].to_dict("records"):
        p = payout(c["amount"], c["share"])
        result.append((c["claim_no"], c["policy"], float(p)))
        if c["policy"] not in totals:
            totals[c["policy"]] = (0, Decimal("0"))
        n, t = totals[c["policy"]]
        totals[c["policy"]] = (n + 1, t + p)
    shared_state["paid"] = pd.DataFrame(result, columns=["claim_no", "policy", "paid"])
    shared_state["per_policy"] = pd.DataFrame(
        [{"policy": k, "claims": v[0], "total": float(v[1])} for k, v in totals.items()],
        columns=["policy", "claims", "total"])
    return shared_state
