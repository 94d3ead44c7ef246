"""One run of one job: its modules in order over the shared state."""

import datetime
import os

import pandas

from . import frames, imports


class Refused(Exception):
    """The chain cannot go on for a reason that lies in the configuration or a frame."""


EFFECTIVE_DATE = "__etlEffectiveDate"


class Chain:
    """The shared state and what the writers have staged so far."""

    def __init__(self, request):
        self.request = request
        self.date = datetime.date.fromisoformat(request["date"])
        self.moment = datetime.datetime.fromisoformat(request["processing_time"])
        self.staging = request["staging"]
        self.state = {EFFECTIVE_DATE: self.date}
        self.files = []
        self.tables = []
        self.at = None

    def run(self):
        """Runs every module; `self.at` is the index of the one that is running."""
        for self.at, module in enumerate(self.request["modules"]):
            if module is not None:
                getattr(self, "_" + module["type"])(module)
        self.at = None

    def _frame(self, name):
        frame = self.state.get(name)
        if frame is None:
            known = ", ".join(sorted(key for key, value in self.state.items() if isinstance(value, pandas.DataFrame)))
            raise Refused(f"there is no frame {name} in the shared state; it holds {known or 'no frames'}")
        if not isinstance(frame, pandas.DataFrame):
            raise Refused(f"{name} in the shared state is a {type(frame).__name__}, not a pandas frame")
        return frame

    def _DataSourcing(self, module):
        decimals = self.request["decimals"]
        table = frames.read_arrow(module["input"])
        if module.get("filter"):
            table = frames.filtered(table, module["filter"], decimals, self.moment)
        self.state[module["result"]] = frames.lake_to_pandas(table, decimals)

    def _Transformation(self, module):
        tables = {name: frame for name, frame in self.state.items() if isinstance(frame, pandas.DataFrame)}
        self.state[module["result"]] = frames.query(tables, module["sql"], self.moment)

    def _Given(self, module):
        self.state[module["result"]] = frames.given(frames.read_arrow(module["input"]))

    def _External(self, module):
        function = imports.function_of(module["module"], module["function"])
        watched = [(name, self.state.get(name)) for name in module["unchanged"]]
        before = [frame.copy() if isinstance(frame, pandas.DataFrame) else frame for _, frame in watched]
        returned = function(self.state)
        if not isinstance(returned, dict):
            kind = "None" if returned is None else f"a {type(returned).__name__}"
            raise Refused(f"{module['function']} of {module['module']} returned {kind} instead of the shared state")
        for (name, frame), earlier in zip(watched, before):
            if not frames.same(frame, earlier) or returned.get(name) is not frame:
                raise Refused(f"it changed the frame {name} in place, which modules lifted to SQL have read as it was")
        self.state = returned

    def _DataFrameWriter(self, module):
        path = os.path.join(self.staging, "out", f"table-{self.at}.arrow")
        rows, untyped = frames.write_arrow(path, self._frame(module["source"]))
        self.tables.append({"module": self.at, "arrow": path, "rows": rows, "untyped": untyped})

    def _target(self, module):
        path = os.path.join(self.staging, "out", f"file-{self.at}")
        self.files.append({"module": self.at, "staged": path, "rows": None})
        return path

    def _CsvFileWriter(self, module):
        frame = self._frame(module["source"])
        settings = dict(self.request["settings"], **module["settings"])
        if module.get("trailer_source"):
            settings["trailer_values"] = self._trailer_values(module["trailer_source"], settings)
        path = self._target(module)
        rows = frames.write_csv(path, frame, self.date, module.get("prior"), self.moment, settings)
        self.files[-1]["rows"] = rows

    def _trailer_values(self, name, settings):
        frame = self._frame(name)
        if len(frame) != 1:
            raise Refused(f"trailerSource {name} has {len(frame)} rows; a trailer needs exactly one")
        format_ = settings["csv_date_format"]
        return {
            str(column): frames.csv_cell(frame.iloc[:, n].tolist()[0], format_) for n, column in enumerate(frame.columns)
        }

    def _ParquetFileWriter(self, module):
        frame = self._frame(module["source"])
        settings = self.request["settings"]
        path = self._target(module)
        rows = frames.write_parquet(path, frame, self.date, module.get("prior"), module["parts"], settings)
        self.files[-1]["rows"] = rows
