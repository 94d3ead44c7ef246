"""The lake as SQL for Externals that bring their own: a read-only SQLite connection up to the date.

The run has no way to the lake itself. What its code may ask for lies in its inputs, one SQLite file
per schema with the rows of no later date, and is attached under the schema's name. SQLite opens a
table when a query names it, so tables that no query names cost nothing here.
"""

import re
import sqlite3

from . import clock

_NO_TABLE = re.compile(r"no such table: (.+)")
# Everything that changes a table, an index, a view, a trigger or what is attached.
_CHANGES = {
    getattr(sqlite3, "SQLITE_" + name)
    for name in (
        "ALTER_TABLE ANALYZE CREATE_INDEX CREATE_TABLE CREATE_TRIGGER CREATE_VIEW DELETE DROP_INDEX DROP_TABLE "
        "DROP_TRIGGER DROP_VIEW INSERT REINDEX UPDATE ATTACH DETACH"
    ).split()
}

_handed_over = None


def hand_over(lake, moment):
    """Tells what this run may see; `lake` is None for a job whose Python does not name relift_lake."""
    global _handed_over
    _handed_over = lake and dict(lake, moment=moment)


def connect():
    """Opens a new connection."""
    if _handed_over is None:
        raise sqlite3.InterfaceError("relift_lake shows the lake to a running job only")
    connection = sqlite3.connect(":memory:", factory=Connection, uri=True)
    connection.prepare(_handed_over)
    return connection


class Connection(sqlite3.Connection):
    """A connection whose errors say what the lake has and what this run was given of it."""

    def prepare(self, lake):
        self.lake = lake
        self.knows_the_time = False
        super().execute("PRAGMA temp_store = MEMORY")
        for schema, path in lake["files"].items():
            super().execute("ATTACH ? AS " + quoted(schema), ("file:" + escaped(path) + "?mode=ro&immutable=1",))
        self.set_authorizer(only_reads)

    def cursor(self, factory=None):
        return super().cursor(factory or Cursor)

    def execute(self, sql, parameters=(), /):
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql, parameters, /):
        return self.cursor().executemany(sql, parameters)

    def executescript(self, script, /):
        return self.cursor().executescript(script)


class Cursor(sqlite3.Cursor):
    """A cursor of such a connection."""

    def execute(self, sql, parameters=(), /):
        return self._run(super().execute, sql, parameters)

    def executemany(self, sql, parameters, /):
        return self._run(super().executemany, sql, parameters)

    def executescript(self, script, /):
        return self._run(super().executescript, script)

    def _run(self, method, sql, *rest):
        connection = self.connection
        if not connection.knows_the_time and isinstance(sql, str):
            # Once: SQLite refuses to replace a function while a query that may use it is open.
            connection.knows_the_time = clock.fix_sqlite(connection, sql, connection.lake["moment"])
        try:
            return method(sql, *rest)
        except sqlite3.DatabaseError as error:
            said = explained(str(error), connection.lake)
            if said is None:
                raise
            raise sqlite3.OperationalError(said) from None


def only_reads(action, _first, _second, database, _trigger):
    """Lets a query through unless it changes something; tables of the connection's own are temporary ones."""
    return sqlite3.SQLITE_DENY if action in _CHANGES and database != "temp" else sqlite3.SQLITE_OK


def explained(message, lake):
    """What SQLite means, in terms of the lake; None where it says it well enough."""
    if message == "not authorized":
        return "relift_lake is a read-only view of the lake; a table of your own must be a TEMP table"
    missing = _NO_TABLE.fullmatch(message)
    if missing is None:
        return None
    name = missing.group(1)
    folded = name.casefold()
    alike = [known for known in lake["known"] if folded in (known.casefold(), known.casefold().split(".", 1)[1])]
    if not alike:
        return f"the lake has no table {name}; its tables are: {', '.join(lake['known']) or 'none'}"
    if alike[0] in lake["undated"]:
        column = lake["effective_date_column"]
        return f"table {alike[0]} is not partitioned by {column}, so there is no telling which rows are of no later date"
    return (
        f"table {alike[0]} was not handed to this run, because its name stands in no text of the job's Python; "
        f'write it whole in a string, such as "{alike[0]}"'
    )


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def escaped(path):
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
