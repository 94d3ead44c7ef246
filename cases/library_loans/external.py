import pandas as pd

PER_DAY = {"book": 10, "film": 50, "game": 100}
LIMIT = 2000


def late_fees(state):
    asOf = state["__etlEffectiveDate"]
    seen = set()
    rows = []
    for loan in state["loans"].itertuples(index=False):
        key = (loan.borrower, loan.isbn)
        if key in seen:
            continue
        seen.add(key)
        back = loan.returned_on or asOf
        days = (back - loan.due_on).days
        if days <= 0:
            continue
        cents = min(days * PER_DAY.get(loan.kind, 20), LIMIT)
        rows.append((loan.borrower, loan.isbn, days, cents, cents == LIMIT))
    rows = sorted(rows, key=lambda r: (-r[3], r[0]))
    state["fees"] = pd.DataFrame(rows, columns=["borrower", "isbn", "days_late", "fee_cents", "capped"])
    return state
