"""Narrows the child that runs a job to what that one run needs, and gives up the means to undo it.

What holds for all runs is set once, before this worker starts: namespaces with a root folder that
holds only interpreter, imports and staging, no network, no new privileges, a first filter on
system calls. What differs from run to run, or must not outlive a run, is set here after the fork:
processes of its own (which all die with the first of them), shared memory of its own, a root folder
with the staging folder of this run only, limits. Capabilities, Landlock and the full filter come
last, since each of them forbids the steps before it.

The steps of the root folder are planned by the program that asks (`relift-sandbox`, `root.rs`),
which carries out the same kind of plan for this worker.
"""

import ctypes
import errno
import json
import os
import platform
import resource
import signal
import stat
import time

_MONOTONIC = time.monotonic
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long

_PDEATHSIG, _DUMPABLE, _SECCOMP, _CAPBSET_DROP, _SECUREBITS, _NO_NEW_PRIVS = 1, 4, 22, 24, 28, 38
_SUBREAPER = 36
_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWPID = 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x20000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446
_FD_CWD, _RECURSIVE = -100, 0x8000
_FORMER = "/.former"

_EXECUTE, _MAKE_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 0, 1 << 6, 1 << 11
_READ = _EXECUTE | 1 << 2 | 1 << 3  # read file, read folder
_FILE = _EXECUTE | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15

# The first kernel that keeps the number of process ids apart for each process namespace.
_OWN_PID_MAX = (6, 14)
_PID_MAX_LEAST = 301

WATCH_SECONDS = 0.1
# Adding up memory takes a while with many processes; so many times as long, but not longer, is waited in between.
_WATCH_PAUSE, _WATCH_PAUSE_SECONDS_MAX = 4, 1.0


class _Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


class _Handled(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scoped")]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


class _Capabilities(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _checked(answer, doing):
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)} ({doing})")
    return answer


def _syscall(number, *args, doing):
    return _checked(_LIBC.syscall(ctypes.c_long(number), *args), doing)


def _prctl(option, value, doing):
    _checked(_LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0), doing)


def _long(value):
    return ctypes.c_long(value)


def die_with_parent():
    """Asks the kernel to kill this process when its parent dies."""
    _LIBC.prctl(_PDEATHSIG, ctypes.c_ulong(9), 0, 0, 0)


def adopt_orphans():
    """Makes what a run leaves behind a child of this process, where a run has no processes of its own."""
    _LIBC.prctl(_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0)


def fork(plan):
    """Forks; with namespaces the child is the first process of a namespace of its own."""
    _watch.again = 0
    if not plan["namespaces"]:
        return os.fork()
    _checked(_LIBC.unshare(_NEWPID), "unshare processes")
    pid = os.fork()
    if pid:
        # The next fork is to be another first process, not one more in a namespace that has ended.
        own = os.pidfd_open(os.getpid())
        _checked(_LIBC.setns(own, _NEWPID), "setns")
        os.close(own)
    return pid


def enter(plan, result):
    """Puts the calling process under everything that holds for one run.

    With namespaces this forks once more and returns in the inner process only: the first process
    of a namespace is deaf to signals it has not asked for, and jobs are not written for that.
    """
    os.umask(0o022)
    if plan["namespaces"]:
        _checked(_LIBC.unshare(_NEWNS | _NEWIPC | _NEWUTS | _NEWCGROUP), "unshare")
        _build_root(plan["steps"], plan["process_ids_max"])
    _prctl(_NO_NEW_PRIVS, 1, "no new privileges")
    _give_up_capabilities()
    os.closerange(3, result)
    os.closerange(result + 1, 1 << 16)
    if plan["namespaces"]:
        pid = os.fork()
        if pid:
            _attend(pid, result)
        os.setpgid(0, 0)
    _limit(plan)
    if plan["landlock"]:
        _restrict(plan["landlock"], plan["read"], plan["write"])
    if plan["filter"]:
        _filter(bytes.fromhex(plan["filter"]))


def _attend(pid, result):
    """Waits for the run as the first process of its namespace; whatever else is left dies with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _LIBC.prctl(_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0)
    reason = "it was lost"
    try:
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == pid:
                reason = described(os.waitstatus_to_exitcode(status))
                break
    except ChildProcessError:
        pass
    try:
        # Read only if the run itself has sent nothing.
        os.write(result, (json.dumps({"status": "died", "reason": reason}) + "\n").encode())
    finally:
        os._exit(0)


def described(code):
    """An exit code in words."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit status {code}"


def _mount(source, target, kind, flags, options=None):
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    answer = _LIBC.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _checked(answer, f"mount {target}")


def _restrict_mount(target, attributes, flags):
    value = _Attributes(attributes, 0, 0, 0)
    _syscall(
        _MOUNT_SETATTR,
        _long(_FD_CWD),
        os.fsencode(target),
        _long(flags),
        ctypes.byref(value),
        ctypes.c_size_t(ctypes.sizeof(value)),
        doing=f"mount_setattr {target}",
    )


def _build_root(steps, process_ids_max):
    plain = _NOSUID | _NODEV
    _mount(None, "/", None, _REC | _PRIVATE)
    _mount("tmpfs", "/usr", "tmpfs", plain, "mode=0755,size=4194304,nr_inodes=65536")
    os.chdir("/usr")
    os.mkdir(".former", 0o755)
    _pivot_root(".", ".former")
    os.chdir("/")
    for step in steps:
        what, path, *more = step
        try:
            if what == "folder":
                os.mkdir(path, 0o755)
            elif what == "file":
                os.mknod(path, stat.S_IFREG | 0o444)
            elif what == "link":
                os.symlink(more[0], path)
        except OSError as error:
            if not _there_already(error):
                raise
        if what == "bind":
            _mount(_FORMER + path, path, None, _BIND | _REC)
            attributes = {
                "read": _RDONLY | _NOSUID | _NODEV,
                "write": _NOSUID | _NODEV | _NOEXEC,
                "device": _RDONLY | _NOSUID | _NOEXEC,
            }[more[0]]
            _restrict_mount(path, attributes, _RECURSIVE)
        elif what == "scratch":
            _mount("tmpfs", path, "tmpfs", plain | _NOEXEC, f"mode=1777,size={more[0]},nr_inodes=65536")
        elif what == "hide":
            _mount("tmpfs", path, "tmpfs", plain | _RDONLY, "size=4096")
        elif what == "processes":
            flags = plain | _NOEXEC
            _mount("proc", path, "proc", flags)
            _limit_process_ids(path, process_ids_max)
            _mount("proc", path, "proc", flags | _REMOUNT, "subset=pid")
    _checked(_LIBC.umount2(os.fsencode(_FORMER), _DETACH), "umount")
    os.rmdir(_FORMER)
    _restrict_mount("/", plain | _RDONLY, 0)


def _there_already(error):
    return error.errno in (errno.EEXIST, errno.EROFS)


def _pivot_root(new, former):
    number = {"x86_64": 155, "aarch64": 41}[platform.machine()]
    _syscall(number, os.fsencode(new), os.fsencode(former), doing="pivot_root")


def _limit_process_ids(proc, process_ids_max):
    """Lets the namespace run out of process ids, where the kernel counts them for each apart."""
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())
    if release < _OWN_PID_MAX:
        return
    with open(os.path.join(proc, "sys/kernel/pid_max"), "w") as file:
        file.write(str(max(process_ids_max, _PID_MAX_LEAST)))


def _give_up_capabilities():
    for capability in range(64):
        if _LIBC.prctl(_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0):
            break  # past the last one, or not ours to drop
    _LIBC.prctl(_SECUREBITS, ctypes.c_ulong(0b11101111), 0, 0, 0)
    header = _Capabilities(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    _checked(_LIBC.capset(ctypes.byref(header), sets), "capset")


def _limit(plan):
    """Sets bounds that count for each process of the run."""
    bounds = [
        (resource.RLIMIT_AS, _warm.mapped + plan["memory_bytes_max"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, plan["cpu_seconds_max"]),
        (resource.RLIMIT_NPROC, plan["process_ids_max"]),
    ]
    for kind, bound in bounds:
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        resource.setrlimit(kind, (bound, bound))


class _warm:
    """What the warm process uses before any run; none of it is a run's."""

    mapped = 0
    resident = 0


def note_size():
    """Remembers what this process uses."""
    try:
        with open("/proc/self/statm") as file:
            pages = file.read().split()
    except OSError:
        return  # not shown; runs get so much less
    _warm.mapped, _warm.resident = (int(pages[n]) * resource.getpagesize() for n in (0, 1))


def _all_rights(abi):
    return (1 << (13 if abi == 1 else 14 if abi == 2 else 15 if abi < 5 else 16)) - 1


def _restrict(abi, readable, writable):
    """Leaves only `readable` to read and `writable` to change."""
    files = _all_rights(abi)
    handled = _Handled(files, 0b11 if abi >= 4 else 0, 0b11 if abi >= 6 else 0)
    size = ctypes.c_size_t(8 if abi < 4 else 16 if abi < 6 else 24)
    ruleset = _syscall(_LANDLOCK_CREATE, ctypes.byref(handled), size, _long(0), doing="landlock_create_ruleset")
    change = files & ~(_EXECUTE | _MAKE_DEVICE | _MAKE_BLOCK_DEVICE)
    for paths, rights in ((readable, _READ), (writable, change)):
        for path in paths:
            try:
                folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            allowed = rights & files
            if not os.path.isdir(path):
                allowed &= _FILE
            rule = _Beneath(allowed, folder)
            _syscall(
                _LANDLOCK_ADD, _long(ruleset), _long(1), ctypes.byref(rule), _long(0), doing=f"landlock_add_rule {path}"
            )
            os.close(folder)
    _syscall(_LANDLOCK_RESTRICT, _long(ruleset), _long(0), doing="landlock_restrict_self")
    os.close(ruleset)


def _filter(program):
    kept = ctypes.create_string_buffer(program, len(program))
    value = _Program(len(program) // 8, ctypes.cast(kept, ctypes.c_void_p))
    _checked(_LIBC.prctl(_SECCOMP, ctypes.c_ulong(2), ctypes.byref(value), 0, 0), "seccomp")


def beyond(plan):
    """What a run uses beyond its bounds as a whole, seen from the worker; nothing if it keeps to them."""
    if not (plan["namespaces"] and plan["proc"]):
        return None
    # This process is the first one here; the run's first one only waits.
    pids = [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
    if len(pids) - 1 > plan["processes_max"]:
        return "processes"
    most = _warm.resident + plan["memory_bytes_max"]
    if _MONOTONIC() < _watch.again or _sum(pids, "statm", _resident) <= most:
        return None
    started = _MONOTONIC()
    used = _sum(pids, "smaps_rollup", _proportional)
    ended = _MONOTONIC()
    _watch.again = ended + min((ended - started) * _WATCH_PAUSE, _WATCH_PAUSE_SECONDS_MAX)
    return "memory" if used > most else None


class _watch:
    """When memory may be added up again."""

    again = 0


def _sum(pids, name, read):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/{name}") as file:
                total += read(file.read())
        except (OSError, IndexError):
            continue  # ended meanwhile, or the first process, which shows nothing
    return total


def _resident(text):
    return int(text.split()[1]) * resource.getpagesize()


def _proportional(text):
    return int(text.split("\nPss:")[1].split()[0]) * 1024


def end_orphans():
    """Kills what a run has left behind, where a run has no processes of its own."""
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                left = [int(pid) for pid in file.read().split()]
        except OSError:
            return  # not shown; the declared level says that processes may stay
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                pass
