"""The warm process: imports pandas and pyarrow once, then forks one child per request.

Requests and replies are JSON lines on the original stdin and stdout, which children do not have:
what a job prints goes to its log. A child's module state is as fresh as that of a new interpreter
and it can be killed with everything it started, without losing the imports.
"""

import gc
import json
import os
import select
import signal
import sqlite3
import sys
import sysconfig
import time
import traceback

import numpy
import pandas
import pyarrow
import pyarrow.ipc
import pyarrow.parquet

from . import chain, clock, confine, frames, imports, lake

MONOTONIC = time.monotonic


def main():
    commands, replies = os.dup(0), os.dup(1)
    os.set_inheritable(commands, False)
    os.set_inheritable(replies, False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    pyarrow.set_cpu_count(1)
    # What a first use would import or set up is done once here instead of once per child.
    warm = pandas.DataFrame({"n": [1], "t": ["x"]})
    frames.query({"warm": warm}, "SELECT n FROM warm", None)
    frames.pandas_to_arrow(warm)
    gc.collect()
    gc.freeze()
    confine.adopt_orphans()
    confine.note_size()
    send(replies, {"ready": versions()})

    pending = b""
    while True:
        chunk = os.read(commands, 1 << 16)
        if not chunk:
            return
        pending += chunk
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            send(replies, serve(json.loads(line), commands, replies))


def versions():
    return {
        "python": ".".join(str(n) for n in sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "pandas": pandas.__version__,
        "pyarrow": pyarrow.__version__,
        "numpy": numpy.__version__,
        "sqlite": sqlite3.sqlite_version,
    }


def send(channel, value):
    data = (json.dumps(value) + "\n").encode()
    while data:
        data = data[os.write(channel, data) :]


def serve(request, commands, replies):
    """Runs one request in a child and returns its reply."""
    result, result_end = os.pipe()
    pid = confine.fork(request["confine"])
    if pid == 0:
        os.close(result)
        os.close(commands)
        os.close(replies)
        run_child(request, result_end)
    os.close(result_end)
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass  # the child has done it itself, or is gone
    try:
        return await_child(pid, result, commands, request)
    finally:
        os.close(result)
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            pass
        if not request["confine"]["namespaces"]:
            confine.end_orphans()


def await_child(pid, result, commands, request):
    deadline = MONOTONIC() + request["seconds_max"]
    reply = b""
    while b"\n" not in reply:
        left = deadline - MONOTONIC()
        if left <= 0:
            kill(pid)
            return {"status": "timed_out"}
        readable = select.select([result, commands], [], [], min(left, confine.WATCH_SECONDS))[0]
        if result in readable:
            chunk = os.read(result, 1 << 16)
            if not chunk:
                break
            reply += chunk
        elif commands in readable:
            # No request comes before the reply, so this is the end of the program that asks.
            kill(pid)
            os._exit(0)
        elif not readable:
            exceeded = confine.beyond(request["confine"])
            if exceeded:
                kill(pid)
                return {"status": "exceeded", "what": exceeded}
    if b"\n" in reply:
        kill(pid)
        try:
            return json.loads(reply.split(b"\n", 1)[0])
        except ValueError:
            return {"status": "died", "reason": "it wrote something else than a reply"}
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"status": "died", "reason": confine.described(code)}


def kill(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def run_child(request, result):
    """Never returns."""
    reply = {"status": "died", "reason": "the run could not be set up"}
    try:
        os.setpgid(0, 0)
        confine.die_with_parent()
        log = os.open(os.path.join(request["staging"], "log.txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        confine.enter(request["confine"], result)
        os.chdir(os.path.join(request["staging"], "work"))
        reply = run(request)
    except BaseException as error:
        reply = {"status": "died", "reason": f"{type(error).__name__}: {error}"}
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            pass
        send(result, reply)
        os._exit(0)


def run(request):
    run = chain.Chain(request)
    imports.install([tuple(root) for root in request["roots"]])
    lake.hand_over(request.get("lake"), run.moment)
    clock.set_time(run.moment)
    try:
        run.run()
    except (chain.Refused, frames.FrameError, imports.MissingModule) as error:
        return {"status": "refused", "module": run.at, "message": without_paths(str(error), request)}
    except BaseException as error:
        return {"status": "raised", "module": run.at, **described(error, request)}
    return {"status": "done", "files": run.files, "tables": run.tables}


def described(error, request):
    """What went wrong and where, in the workspace's own paths."""
    names = [name for _, name in request["roots"]]
    own = os.path.dirname(os.path.abspath(__file__))

    def from_workspace(path):
        return any(path.startswith(name + "/") for name in names if name not in ("", ".")) or not os.path.isabs(path)

    trace = traceback.TracebackException.from_exception(error)
    walked = trace
    while walked is not None:
        shown = [f for f in walked.stack if not f.filename.startswith(own) and not f.filename.startswith("<frozen")]
        walked.stack = traceback.StackSummary.from_list(shown)
        walked = walked.__cause__ or walked.__context__
    place = next(((f.filename, f.lineno) for f in reversed(trace.stack) if from_workspace(f.filename)), (None, None))
    if isinstance(error, SyntaxError) and error.filename and from_workspace(error.filename):
        place = (error.filename, error.lineno)
    return {
        "exception": type(error).__name__,
        "message": without_paths(str(error), request),
        "file": place[0],
        "line": place[1],
        "traceback": without_paths("".join(trace.format()), request),
    }


def without_paths(text, request):
    """Replaces folders of this machine by names that mean the same everywhere."""
    known = [(path, name) for path, name in request["roots"]]
    known.append((request["staging"], "staging"))
    known.append((sysconfig.get_path("purelib"), "site-packages"))
    known.append((sysconfig.get_path("platlib"), "site-packages"))
    known.append((os.path.dirname(os.__file__), "python"))
    known.append((os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "relift"))
    for path, name in sorted(known, key=lambda pair: -len(pair[0])):
        text = text.replace(path, name or ".")
    return text


if __name__ == "__main__":
    main()
