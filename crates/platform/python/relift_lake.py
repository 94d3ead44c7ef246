"""A read-only SQL view of the lake for Externals that bring their own SQL (PEP 249).

`relift_lake.connect()` gives a connection on which every table of the lake that the job's Python
names is `schema.table`, without any row of a date after the effective date. It is a connection of
the sqlite3 module, so `pandas.read_sql_query` takes it, and values come as sqlite3 gives them: dates
as ISO text, decimals as floats, booleans as 0 and 1.
"""

from sqlite3 import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
    apilevel,
    paramstyle,
    threadsafety,
)

from relift_worker.lake import connect

__all__ = [
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]
