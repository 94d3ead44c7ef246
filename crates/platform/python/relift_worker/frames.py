"""Every crossing between Arrow, pandas, SQLite and files: the frame boundaries of the legacy runtime.

These crossings are part of what a legacy job means (an integer column with one NULL becomes
float64, a date becomes text in SQLite, a float prints as Python prints it), so all of them stand
here and nowhere else, on the pinned versions of pandas and pyarrow.
"""

import csv
import datetime
import decimal
import io
import os
import sqlite3

import numpy
import pandas
import pyarrow
import pyarrow.ipc
import pyarrow.parquet

from . import clock

DATE, DATETIME = datetime.date, datetime.datetime
DECIMAL = pyarrow.decimal128(38, 18)


class FrameError(Exception):
    """A frame that cannot cross a boundary; the message says which column and why."""


# ---------------------------------------------------------------- lake -> pandas


def read_arrow(path):
    """Reads an Arrow IPC file."""
    with pyarrow.memory_map(path) as source:
        return pyarrow.ipc.open_file(source).read_all()


def lake_to_pandas(table, decimals):
    """Turns a lake table into a frame.

    As `Table.to_pandas()`, with integers as int64 (float64 when there is a NULL), decimals as
    float64 or `decimal.Decimal`, dates as `datetime.date`, timestamps as datetime64. Without rows
    every column is an empty object column.
    """
    if table.num_rows == 0:
        return pandas.DataFrame({name: pandas.Series([], dtype=object) for name in table.column_names})
    columns = {}
    for field, column in zip(table.schema, table.columns):
        kind = field.type
        if pyarrow.types.is_integer(kind):
            column = column.cast(pyarrow.int64())
        elif pyarrow.types.is_large_string(kind) or pyarrow.types.is_string_view(kind):
            column = column.cast(pyarrow.string())
        elif pyarrow.types.is_float32(kind):
            column = column.cast(pyarrow.float64())
        elif pyarrow.types.is_decimal(kind) and decimals == "float":
            columns[field.name] = pandas.Series(decimals_to_floats(column, kind.scale))
            continue
        columns[field.name] = column.to_pandas(date_as_object=True)
    return pandas.DataFrame(columns, columns=table.column_names)


def decimals_to_floats(column, scale):
    """The nearest float64 of each decimal, NaN where it is NULL."""
    column = column.cast(pyarrow.decimal128(38, scale)).combine_chunks()
    if isinstance(column, pyarrow.ChunkedArray):
        column = pyarrow.concat_arrays(column.chunks)
    halves = numpy.frombuffer(column.buffers()[1], dtype="<i8")
    halves = halves[2 * column.offset : 2 * (column.offset + len(column))]
    low, high = halves[0::2], halves[1::2]
    missing = column.is_null().to_numpy(zero_copy_only=False)
    fits = (high == (low >> 63)) & (numpy.abs(low) < 2**53) | missing
    if 0 <= scale <= 22 and bool(fits.all()):
        # Both operands are exact, so this one division is correctly rounded.
        floats = numpy.where(missing, 0, low).astype("float64") / float(10**scale)
    else:
        floats = numpy.array([0.0 if value is None else float(value) for value in column.to_pylist()], dtype="float64")
    floats[missing] = numpy.nan
    return floats


def filtered(table, predicate, decimals, moment):
    """Rows of `table` for which the SQLite predicate is true, in their order."""
    if table.num_rows == 0:
        return table
    connection = sqlite3.connect(":memory:")
    try:
        frame = lake_to_pandas(table, decimals)
        number = "relift row"
        frame[number] = range(len(frame))
        to_sqlite(connection, "rows", frame)
        sql = f'SELECT "{number}" FROM rows WHERE ({predicate}) ORDER BY "{number}"'
        clock.fix_sqlite(connection, sql, moment)
        kept = [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()
    return table.take(pyarrow.array(kept, type=pyarrow.int64()))


# ---------------------------------------------------------------- pandas -> SQLite -> pandas


def to_sqlite(connection, name, frame):
    """Stores a frame as a table, dates and datetimes as ISO text."""
    frame = frame.copy(deep=False)
    for position, column in enumerate(frame.columns):
        values = frame.iloc[:, position]
        if values.dtype.kind == "M":
            text = values.dt.strftime("%Y-%m-%dT%H:%M:%S").astype(object)
            frame.isetitem(position, text.where(values.notna(), None))
        elif values.dtype == object:
            kind = pandas.api.types.infer_dtype(values, skipna=True)
            if kind == "decimal":
                # SQLite has no decimals; as a column of floats it is declared REAL, else floats become text.
                floats = [float("nan") if pandas.isna(value) else float(value) for value in values]
                frame.isetitem(position, pandas.Series(floats, index=frame.index, dtype="float64"))
            elif kind not in ("string", "empty", "boolean", "integer", "floating"):
                frame.isetitem(position, pandas.Series([_sqlite_value(v) for v in values], index=frame.index, dtype=object))
    frame.to_sql(name, connection, index=False)


def _sqlite_value(value):
    if isinstance(value, DATETIME):
        return None if value is pandas.NaT else value.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, DATE):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if value is pandas.NaT or value is pandas.NA:
        return None
    return value


def query(frames, sql, moment):
    """Runs SQL over the frames in an in-memory SQLite database; pandas infers the types back."""
    connection = sqlite3.connect(":memory:")
    try:
        folded = sql.casefold()
        for name, frame in frames.items():
            # A frame the text does not mention cannot be read by it.
            if name.casefold() in folded and len(frame.columns):
                to_sqlite(connection, name, frame)
        clock.fix_sqlite(connection, sql, moment)
        return pandas.read_sql_query(sql, connection)
    finally:
        connection.close()


def given(table):
    """A query's result that was computed elsewhere, as `query` would have brought it.

    pandas types such a frame by the values of its rows alone, so these go the same way.
    """
    connection = sqlite3.connect(":memory:")
    try:
        columns = [f"c{n}" for n in range(len(table.column_names))]
        connection.execute(f"CREATE TABLE rows ({', '.join(columns)})")
        marks = ", ".join("?" for _ in columns)
        values = [column.to_pylist() for column in table.columns]
        connection.executemany(f"INSERT INTO rows VALUES ({marks})", zip(*values))
        names = [name.replace('"', '""') for name in table.column_names]
        wanted = ", ".join(f'{column} AS "{name}"' for column, name in zip(columns, names))
        return pandas.read_sql_query(f"SELECT {wanted} FROM rows ORDER BY rowid", connection)
    finally:
        connection.close()


def same(frame, earlier):
    """Whether a frame still is what it was, labels and types included."""
    if not isinstance(frame, pandas.DataFrame):
        return frame is earlier
    return (
        frame.columns.equals(earlier.columns)
        and frame.index.equals(earlier.index)
        and list(frame.dtypes) == list(earlier.dtypes)
        and frame.equals(earlier)
    )


# ---------------------------------------------------------------- pandas -> CSV


def csv_cell(value, date_format):
    """Text of one cell: `str()` of the value, nothing for what is missing."""
    if value is None or value is pandas.NaT or value is pandas.NA:
        return ""
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, DATE) and not isinstance(value, DATETIME):
        return value.isoformat() if date_format is None else value.strftime(date_format)
    return str(value)


def csv_line(cells):
    """One line without its end; a cell is quoted when it holds a comma, a quote or a line break."""
    return ",".join(
        '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\r\n') else cell for cell in cells
    )


def write_csv(path, frame, date, prior, moment, settings):
    """Writes header, carried-over rows, the frame's rows and the trailer; returns the rows written."""
    header = [str(name) for name in frame.columns] + [settings["output_date_column"]]
    rows = read_prior_csv(prior, header, settings) if prior else []
    format_ = settings["csv_date_format"]
    today = csv_cell(date, format_)
    columns = [[csv_cell(v, format_) for v in frame.iloc[:, n].tolist()] for n in range(len(frame.columns))]
    rows.extend(list(cells) + [today] for cells in zip(*columns))
    lines = [csv_line(header)] if settings["include_header"] else []
    lines.extend(csv_line(row) for row in rows)
    if settings["trailer"] is not None:
        trailer = settings["trailer"]
        tokens = {"row_count": str(len(rows)), "date": date.isoformat(), "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
        tokens.update(settings.get("trailer_values") or {})
        for token, text in tokens.items():
            trailer = trailer.replace("{" + token + "}", text)
        lines.append(trailer)
    end = settings["line_ending"]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("".join(line + end for line in lines))
    return len(rows)


def read_prior_csv(path, header, settings):
    """Rows of an earlier partition as text, its trailer dropped, in today's column order."""
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    if settings["trailer"] is not None:
        body = text.rstrip("\r\n")
        cut = max(body.rfind("\n"), body.rfind("\r"))
        text = body[: cut + 1]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not settings["include_header"]:
        return rows
    if not rows:
        return []
    earlier = rows.pop(0)
    if earlier == header:
        return rows
    unknown = [name for name in earlier if name not in header]
    if unknown:
        raise FrameError(f"the earlier partition has columns that today's rows lack: {', '.join(unknown)}")
    places = [earlier.index(name) if name in earlier else None for name in header]
    return [[row[place] if place is not None else "" for place in places] for row in rows]


# ---------------------------------------------------------------- pandas -> Arrow, Parquet


def pandas_to_arrow(frame):
    """Turns a frame into an Arrow table, and names the columns whose type its data does not tell.

    Types are int64, double, string, bool, date32, timestamp[us] and decimal128(38,18); object
    columns are typed by content; one without any value is a string column.
    """
    arrays, names, untyped = [], [], []
    for position, name in enumerate(frame.columns):
        values = frame.iloc[:, position]
        try:
            array = pyarrow.array(values, from_pandas=True)
            if isinstance(array, pyarrow.ChunkedArray):
                array = array.combine_chunks()
            wanted = _arrow_type(array.type)
            if wanted is None:
                raise FrameError(f"column {name} holds {array.type}, which no writer supports")
            if pyarrow.types.is_null(array.type):
                untyped.append(str(name))
            arrays.append(array.cast(wanted))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError) as error:
            raise FrameError(f"column {name} has no single type: {error}") from None
        names.append(str(name))
    return pyarrow.table(arrays, names=names), untyped


def _arrow_type(kind):
    types = pyarrow.types
    if types.is_boolean(kind):
        return pyarrow.bool_()
    if types.is_integer(kind):
        return pyarrow.int64()
    if types.is_floating(kind):
        return pyarrow.float64()
    if types.is_decimal(kind):
        return DECIMAL
    if types.is_date(kind):
        return pyarrow.date32()
    if types.is_timestamp(kind):
        return pyarrow.timestamp("us")
    if types.is_null(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pyarrow.string()
    return None


def write_parquet(path, frame, date, prior, parts, settings):
    """Writes a folder of part files; a frame without rows leaves the folder empty."""
    os.makedirs(path)
    table, _ = pandas_to_arrow(frame)
    dates = pyarrow.array([date] * table.num_rows, type=pyarrow.date32())
    table = table.append_column(settings["output_date_column"], dates)
    if prior:
        files = sorted(name for name in os.listdir(prior) if name.endswith(".parquet"))
        earlier = [pyarrow.parquet.ParquetFile(os.path.join(prior, name)).read(use_threads=False) for name in files]
        if table.num_rows == 0 and earlier:
            table = earlier[0].schema.empty_table()
        table = pyarrow.concat_tables(earlier + [table], promote_options="permissive")
    if table.num_rows == 0:
        return 0
    smallest, larger = divmod(table.num_rows, parts)
    start = 0
    for part in range(parts):
        size = smallest + (1 if part < larger else 0)
        target = os.path.join(path, f"part-{part:05d}.parquet")
        pyarrow.parquet.write_table(table.slice(start, size), target, compression="snappy")
        start += size
    return table.num_rows


def write_arrow(path, frame):
    """Writes a frame as an Arrow IPC file for a table commit; returns rows and untyped columns."""
    table, untyped = pandas_to_arrow(frame)
    with pyarrow.OSFile(path, "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return table.num_rows, untyped
