"""Calendar of the goods office."""
import datetime

CLOSED = [
    datetime.date(2024, 10, 3),
    datetime.date(2024, 10, 31),
    datetime.date(2024, 11, 1),
    datetime.date(2024, 12, 25),
    datetime.date(2024, 12, 26),
    datetime.date(2025, 1, 1),
]


def is_closed(day):
    return day in CLOSED


def last_working_day(day):
    # Saturday = 5, Sunday = 6
    if day.weekday() == 5:
        return day - datetime.timedelta(days=1)
    if day.weekday() == 6:
        return day - datetime.timedelta(days=2)
    return day
