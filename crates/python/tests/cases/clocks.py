import calendar
from datetime import date, datetime, timedelta

import pandas as pd

OPENING = timedelta(hours=9, minutes=30)
LIMIT = timedelta(days=2)
START = date(2024, 1, 1)


def month_end(day):
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day, months):
    month = day.month - 1 + months
    year = day.year + month // 12
    month = month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last))


def execute(shared):
    today = shared["__etlEffectiveDate"]
    rows = []
    for o in shared["orders"].to_dict("records"):
        at, due = o["ordered_at"], o["promised_on"]
        midnight = datetime(at.year, at.month, at.day)
        opened = midnight + OPENING
        since = at - opened
        stamp = datetime.strptime(f"{due:%d/%m/%Y} 07:05", "%d/%m/%Y %H:%M")
        rows.append({
            "id": o["order_id"],
            "hour": at.hour * 100 + at.minute,
            "wait": since.total_seconds() / 60,
            "days": since.days,
            "secs": since.seconds,
            "late": (stamp - at) > LIMIT,
            "halves": (at - midnight) // timedelta(minutes=30),
            "text": at.isoformat() + " " + str(stamp) + " " + at.strftime("%H:%M %p %d.%m.%y"),
            "end": month_end(due),
            "next": add_months(due, 5),
            "prev": add_months(due, -11),
            "doy": due.timetuple().tm_yday + due.toordinal() - START.toordinal(),
            "name": calendar.month_name[due.month] + calendar.day_abbr[due.weekday()],
            "leap": calendar.isleap(due.year),
            "week": f"{due.isocalendar()[1]:02d}/{due.isocalendar().year} {due:%a %d %b}",
            "noon": at.replace(hour=12, minute=0) >= at,
            "first": min(due, today), "past": max(due, START) < today,
            "parsed": date.fromisoformat(due.isoformat()) == due,
            "quarter": (due.month - 1) // 3 + 1,
            "shift": stamp - timedelta(hours=36),
            "ago": abs(due - today).days,
        })
    shared["clocks"] = pd.DataFrame(rows)
    return shared
