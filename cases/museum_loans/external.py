import calendar
from datetime import date

import pandas as pd


def shifted(day, *, months=0, clip=True):
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    month += 1
    last = calendar.monthrange(year, month)[1]
    if not clip and day.day > last:
        raise ValueError("no such day")
    return date(year, month, min(day.day, last))


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    rows = []
    for loan in shared_state["loans"].to_dict("records"):
        due = shifted(loan["since"], months=loan["months"])
        try:
            strict = shifted(loan["since"], months=loan["months"], clip=False).isoformat()
        except ValueError:
            strict = "none"
        back = loan["back"]
        rows.append({
            "piece": loan["piece"],
            "due": due,
            "strict": strict,
            "late": (back or today) > due,
            "days": ((back if back is not None else today) - loan["since"]).days,
            "week": "%d-W%02d" % due.isocalendar()[:2],
            "month": calendar.month_name[due.month][:3] + f" {due:%y}",
            "quarter": f"Q{(due.month + 2) // 3}",
            "last": due == due.replace(day=calendar.monthrange(due.year, due.month)[1]),
            "leap": calendar.isleap(due.year),
        })
    shared_state["reminders"] = pd.DataFrame(rows)
    return shared_state
