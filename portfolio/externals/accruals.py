"""
FEE ACCRUALS
============
Runs on the last day of a quarter and accrues the fees of the payment providers.
Rates come from the FX table.                                           (see wiki)
"""
import datetime
from decimal import Decimal, ROUND_HALF_EVEN

import pandas as pd

COLUMNS = ["level", "period", "method", "payments", "gross", "fee", "accrued"]


def fee_of(amount, rate):
    x = Decimal(str(amount)) * Decimal(str(rate))
    return x.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def next_day(d):
    return d + datetime.timedelta(days=1)


def quarter_close(shared_state):
    RUN_DATE = shared_state["__etlEffectiveDate"]
    PAYMENTS = shared_state["payments"]
    RESULT = []

    # ---- day -------------------------------------------------------------
    X = PAYMENTS[PAYMENTS["as_of"] == RUN_DATE]
    ACC = {}
    for P in X.itertuples():
        METHOD = P.method or "unknown"
        FEE = fee_of(P.amount, P.fee_rate)
        if METHOD not in ACC:
            ACC[METHOD] = [0, Decimal("0.00"), Decimal("0.00"), Decimal("0.00")]
        ACC[METHOD][0] += 1
        ACC[METHOD][1] += Decimal(str(P.amount))
        ACC[METHOD][2] += FEE
        if pd.isnull(P.paid_at):
            ACC[METHOD][3] += FEE
    for METHOD in sorted(ACC):
        A = ACC[METHOD]
        RESULT.append(["DAY", RUN_DATE.isoformat(), METHOD, A[0], A[1], A[2], A[3]])

    # ---- week ------------------------------------------------------------
    if RUN_DATE.weekday() == 6:
        X = PAYMENTS[PAYMENTS["as_of"] > RUN_DATE - datetime.timedelta(days=7)]
        ACC = {}
        for P in X.itertuples():
            METHOD = P.method or "n/a"
            FEE = fee_of(P.amount, P.fee_rate)
            if METHOD not in ACC:
                ACC[METHOD] = [0, Decimal("0.00"), Decimal("0.00"), Decimal("0.00")]
            ACC[METHOD][0] += 1
            ACC[METHOD][1] += Decimal(str(P.amount))
            ACC[METHOD][2] += FEE
            if pd.isnull(P.paid_at):
                ACC[METHOD][3] += FEE
        WEEK = RUN_DATE.isocalendar()
        for METHOD in sorted(ACC):
            A = ACC[METHOD]
            RESULT.append(["WEEK", "%d-W%02d" % (WEEK[0], WEEK[1]), METHOD, A[0], A[1], A[2], A[3]])

    # ---- month -----------------------------------------------------------
    if next_day(RUN_DATE).month != RUN_DATE.month:
        N = 0
        GROSS = Decimal("0.00")
        FEES = Decimal("0.00")
        OPEN = Decimal("0.00")
        for P in PAYMENTS.itertuples():
            if P.as_of.year == RUN_DATE.year and P.as_of.month == RUN_DATE.month:
                FEE = fee_of(P.amount, P.fee_rate)
                N += 1
                GROSS += Decimal(str(P.amount))
                FEES += FEE
                if pd.isnull(P.paid_at):
                    OPEN += FEE
        RESULT.append(["MONTH", RUN_DATE.strftime("%Y-%m"), "ALL", N, GROSS, FEES, OPEN])

        # ---- quarter (the year begins in November) -----------------------
        if RUN_DATE.month in (1, 4, 7, 10):
            N = 0
            GROSS = Decimal("0.00")
            FEES = Decimal("0.00")
            OPEN = Decimal("0.00")
            for P in PAYMENTS.itertuples():
                N += 1
                GROSS += Decimal(str(P.amount))
                FEES += fee_of(P.amount, P.fee_rate)
                if pd.isnull(P.paid_at):
                    OPEN += fee_of(P.amount, P.fee_rate)
            NUMBER = {1: 1, 4: 2, 7: 3, 10: 4}[RUN_DATE.month]
            RESULT.append(["QUARTER", "%d-Q%d" % (RUN_DATE.year, NUMBER), "ALL", N, GROSS, FEES, OPEN])

    shared_state["quarter_df"] = pd.DataFrame(RESULT, columns=COLUMNS)
    return shared_state
