import calendar as cal
from datetime import date, timedelta

import pandas as pd

# holidays 2023
FREE = ["2024-10-03", "2024-10-31", "2024-11-01", "2024-12-25", "2024-12-26", "2025-01-01"]


def isWorkday(d):
    if d.weekday() == 5 or d.weekday() == 6:
        return False
    if str(d) in FREE:
        return False
    return True


def lastWorkday(year, month):
    d = date(year, month, cal.monthrange(year, month)[1])
    while not isWorkday(d):
        d = d - timedelta(days=1)
    return d


def nextPayday(today):
    p = lastWorkday(today.year, today.month)
    if p < today:
        if today.month == 12:
            p = lastWorkday(today.year + 1, 1)
        else:
            p = lastWorkday(today.year, today.month + 1)
    return p


def workdaysUntil(today, p):
    n = 0
    d = today
    while d < p:
        d = d + timedelta(days=1)
        if isWorkday(d):
            n = n + 1
    return n


def yearsBetween(a, b):
    y = b.year - a.year
    if (b.month, b.day) < (a.month, a.day):
        y = y - 1
    return y


def jubilee(hired, years):
    # 5, 10, 15, ... years
    nextOne = (years // 5 + 1) * 5
    try:
        return date(hired.year + nextOne, hired.month, hired.day)
    except ValueError:
        return date(hired.year + nextOne, 2, 28)


def main(shared_state):
    today = shared_state["__etlEffectiveDate"]
    df = shared_state["staff"]

    # saturday and sunday take the list of friday
    newest = None
    for d in df["as_of"]:
        if newest is None or d > newest:
            newest = d

    quarter = "Q" + str((today.month - 1) // 3 + 1) + "/" + str(today.year)
    result = []
    teams = {}
    salaries = {}
    for index, row in df.iterrows():
        if row["as_of"] != newest:
            continue
        if row["left_on"] is not None and row["left_on"] < today:
            continue
        pay = nextPayday(today)
        years = yearsBetween(row["hired_on"], today)
        if years < 0:
            years = 0
        j = jubilee(row["hired_on"], years)
        note = ""
        if j.year == today.year and j.month == today.month:
            note = "jubilee"
        if pay == today:
            note = (note + " payday").strip()
        result.append({
            "line": "employee",
            "employee_id": row["employee_id"],
            "team": row["team"],
            "boss": 0 if pd.isna(row["manager_id"]) else int(row["manager_id"]),
            "service_years": years,
            "next_jubilee": j,
            "next_payday": pay,
            "workdays_to_payday": workdaysUntil(today, pay),
            "quarter": quarter,
            "headcount": 1,
            "payroll": row["monthly_salary"],
            "note": note,
        })
        if row["team"] in teams:
            teams[row["team"]] = teams[row["team"]] + 1
            salaries[row["team"]] = salaries[row["team"]] + row["monthly_salary"]
        else:
            teams[row["team"]] = 1
            salaries[row["team"]] = row["monthly_salary"]

    # last of the month: one line per team for the controller
    if (today + timedelta(days=1)).month != today.month:
        for t in sorted(teams):
            pay = nextPayday(today)
            result.append({
                "line": "team",
                "employee_id": -1,
                "team": t,
                "boss": -1,
                "service_years": 0,
                "next_jubilee": None,
                "next_payday": pay,
                "workdays_to_payday": workdaysUntil(today, pay),
                "quarter": quarter,
                "headcount": teams[t],
                "payroll": round(salaries[t], 2),
                "note": "month end",
            })

    shared_state["calendar"] = pd.DataFrame(result, columns=[
        "line", "employee_id", "team", "boss", "service_years", "next_jubilee", "next_payday",
        "workdays_to_payday", "quarter", "headcount", "payroll", "note"])
    return shared_state
