"""The recorded processing time, in the places where Python and SQLite look for the present.

A run must give the same bytes when it is repeated, so `now()` and `today()` answer with the time
recorded for (job, effective date). Objects made through the replaced classes are ordinary
`datetime` objects: only the question "what time is it" is answered differently.
"""

import datetime as datetime_module
import re
import sqlite3
import time as time_module

REAL_DATE = datetime_module.date
REAL_DATETIME = datetime_module.datetime


class _LikeReal(type):
    """Makes `isinstance` and `issubclass` see the replaced class and the real one as the same."""

    def __instancecheck__(cls, value):
        return isinstance(value, cls.real)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls.real)


def set_time(moment):
    """Makes `moment` (a naive `datetime` in UTC) the present of this process."""
    seconds = moment.replace(tzinfo=datetime_module.timezone.utc).timestamp()

    class date(REAL_DATE, metaclass=_LikeReal):
        real = REAL_DATE

        def __new__(cls, *args, **kwargs):
            return REAL_DATE(*args, **kwargs)

        @classmethod
        def today(cls):
            return moment.date()

    class datetime(REAL_DATETIME, metaclass=_LikeReal):
        real = REAL_DATETIME

        def __new__(cls, *args, **kwargs):
            return REAL_DATETIME(*args, **kwargs)

        @classmethod
        def now(cls, tz=None):
            if tz is None:
                return moment
            return moment.replace(tzinfo=datetime_module.timezone.utc).astimezone(tz)

        @classmethod
        def today(cls):
            return moment

        @classmethod
        def utcnow(cls):
            return moment

    for replaced in (date, datetime):
        replaced.__module__ = "datetime"
        replaced.__qualname__ = replaced.__name__
    datetime_module.date = date
    datetime_module.datetime = datetime

    real_localtime, real_gmtime = time_module.localtime, time_module.gmtime
    real_strftime, real_ctime, real_asctime = time_module.strftime, time_module.ctime, time_module.asctime
    time_module.time = lambda: seconds
    time_module.time_ns = lambda: int(seconds) * 1_000_000_000 + moment.microsecond * 1000
    time_module.localtime = lambda secs=None: real_localtime(seconds if secs is None else secs)
    time_module.gmtime = lambda secs=None: real_gmtime(seconds if secs is None else secs)
    time_module.ctime = lambda secs=None: real_ctime(seconds if secs is None else secs)
    time_module.asctime = lambda t=None: real_asctime(real_localtime(seconds) if t is None else t)
    time_module.strftime = lambda text, t=None: real_strftime(text, real_localtime(seconds) if t is None else t)

    import pandas

    pandas.Timestamp.now = classmethod(lambda cls, tz=None: cls(datetime.now(tz)))
    pandas.Timestamp.today = classmethod(lambda cls, tz=None: cls(datetime.now(tz)))
    pandas.Timestamp.utcnow = classmethod(lambda cls: cls(datetime.now(datetime_module.timezone.utc)))


_ASKS_THE_TIME = re.compile(
    r"\bnow\b|\bcurrent_(date|time|timestamp)\b|\b(date|time|datetime|julianday|unixepoch)\s*\(\s*\)|\bstrftime\b|\bsubsec",
    re.IGNORECASE,
)


def fix_sqlite(connection, sql, moment):
    """Makes SQLite's 'now' mean `moment` on `connection`, when `sql` may ask for it; says whether it may.

    SQLite has no setting for its clock, so its date functions are replaced by ones that put
    `moment` in place of 'now' and leave the rest to the built-in function on another connection.
    """
    if not _ASKS_THE_TIME.search(sql):
        return False
    plain = sqlite3.connect(":memory:")
    present = moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}"

    def is_now(value):
        return isinstance(value, str) and value.strip().lower() == "now"

    def replaced(name, values_from):
        def call(*args):
            args = list(args)
            if len(args) == values_from:
                args.append("now")
            args = [present if is_now(arg) else arg for arg in args]
            return plain.execute(f"SELECT {name}({', '.join('?' * len(args))})", args).fetchone()[0]

        return call

    for name in ("date", "time", "datetime", "julianday", "unixepoch"):
        connection.create_function(name, -1, replaced(name, 0))
    connection.create_function("strftime", -1, replaced("strftime", 1))
    connection.create_function("current_date", 0, lambda: present[:10])
    connection.create_function("current_time", 0, lambda: present[11:19])
    connection.create_function("current_timestamp", 0, lambda: present[:19])
    return True
