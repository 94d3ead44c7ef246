"""Runs many small legacy programs in one process, each through the boundaries of the legacy runtime.

One JSON request per line on standard input, one JSON reply per line on standard output. Frames come
and go through `relift_worker.frames`, so a program sees what a real run would show it. The programs
are generated here and harmless, so they are not confined; an exception of one is its answer.
"""

import contextlib
import datetime
import io
import json
import os
import signal
import sqlite3
import sys
import tempfile
import types
import warnings

import pyarrow
from relift_worker import chain, clock, frames

SECONDS_MAX = 20


class TooLong(BaseException):
    """The program does not come to an end."""


def array(values, kind):
    if kind == "int64":
        return pyarrow.array(values, pyarrow.int64())
    if kind == "int32":
        return pyarrow.array(values, pyarrow.int32())
    if kind == "float64":
        return pyarrow.array([None if v is None else float(v) for v in values], pyarrow.float64())
    if kind == "text":
        return pyarrow.array(values, pyarrow.string())
    if kind == "bool":
        return pyarrow.array(values, pyarrow.bool_())
    if kind == "date":
        return pyarrow.array([v and REAL_DATE.fromisoformat(v) for v in values], pyarrow.date32())
    if kind == "timestamp":
        return pyarrow.array([v and REAL_DATETIME.fromisoformat(v) for v in values], pyarrow.timestamp("us"))
    precision, scale = kind[len("decimal(") : -1].split(";")
    text = pyarrow.array(values, pyarrow.string())
    return text.cast(pyarrow.decimal128(int(precision), int(scale)))


REAL_DATE, REAL_DATETIME = datetime.date, datetime.datetime


class Batch(chain.Chain):
    """A chain whose sources and Externals come with the request."""

    def _DataSourcing(self, module):
        table = self.request["tables"][module["result"]]
        columns = list(zip(*table["rows"])) or [[] for _ in table["columns"]]
        arrays = [array(list(values), kind) for values, (_, kind) in zip(columns, table["columns"])]
        read = pyarrow.table(arrays, names=[name for name, _ in table["columns"]])
        self.state[module["result"]] = frames.lake_to_pandas(read, "float")

    def _External(self, module):
        loaded = types.ModuleType("program")
        sys.modules["program"] = loaded
        exec(compile(module["text"], "program.py", "exec", dont_inherit=True), loaded.__dict__)
        returned = getattr(loaded, module["function"])(self.state)
        if not isinstance(returned, dict):
            raise chain.Refused("it returned something else than the shared state")
        self.state = returned


def answer(request, folder):
    os.makedirs(os.path.join(folder, "out"), exist_ok=True)
    request["staging"] = folder
    run = Batch(request)
    printed = io.StringIO()
    signal.alarm(SECONDS_MAX)
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run.run()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return {"raised": f"{type(error).__name__}: {error}"[:400], "module": run.at}
    finally:
        signal.alarm(0)
    with open(run.files[-1]["staged"], encoding="utf-8", newline="") as file:
        return {"csv": file.read()}


def too_long(_signal, _frame):
    raise TooLong(f"it ran for more than {SECONDS_MAX} seconds")


def main():
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGALRM, too_long)
    clock.set_time(REAL_DATETIME.fromisoformat(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"sqlite": sqlite3.sqlite_version}), file=replies, flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line), folder)), file=replies, flush=True)


main()
