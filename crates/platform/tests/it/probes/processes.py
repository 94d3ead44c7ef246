"""Other processes: seeing, signalling, reading, outliving them."""

import ctypes
import os
import platform
import signal
import time

from attempt import NotHere

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_LIBC.ptrace.restype = ctypes.c_long
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_SEIZE, _DETACH = 0x4206, 17


def _checked(answer, doing):
    if answer < 0:
        raise OSError(ctypes.get_errno(), doing)
    return answer


def see_another_process(facts):
    """reads the command line of another process"""
    return facts["victim_name"] in open(f"/proc/{facts['victim']}/cmdline").read()


def count_processes(facts):
    """lists the machine's processes"""
    return len([name for name in os.listdir("/proc") if name.isdigit()]) > 5


def signal_another_process(facts):
    """sends a signal to another process"""
    os.kill(facts["victim"], signal.SIGUSR1)


def check_signal_another_process(facts):
    time.sleep(0.2)
    return os.path.exists(facts["signalled"])


def kill_parent(facts):
    """kills the process that started it"""
    parent = os.getppid()
    os.kill(parent, signal.SIGKILL)
    time.sleep(0.2)
    return os.getppid() != parent


def kill_starter(facts):
    """asks whether it may signal the program that all this belongs to"""
    os.kill(facts["starter"], 0)
    return True


def trace_another_process(facts):
    """attaches to another process as a debugger"""
    _checked(_LIBC.ptrace(_SEIZE, facts["victim"], None, None), "ptrace")
    return True


def trace_own_parent(facts):
    """attaches to its parent as a debugger"""
    _checked(_LIBC.ptrace(_SEIZE, os.getppid(), None, None), "ptrace")
    return True


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def read_memory_by_call(facts):
    """reads another process's memory by process_vm_readv"""
    kept = ctypes.create_string_buffer(len(facts["secret"]))
    local = _Vector(ctypes.addressof(kept), len(kept))
    remote = _Vector(facts["victim_address"], len(facts["secret"]))
    _LIBC.process_vm_readv.restype = ctypes.c_ssize_t
    answer = _LIBC.process_vm_readv(
        facts["victim"], ctypes.byref(local), ctypes.c_ulong(1), ctypes.byref(remote), ctypes.c_ulong(1), ctypes.c_ulong(0)
    )
    _checked(answer, "process_vm_readv")
    return kept.raw == facts["secret"].encode()


def read_memory_by_file(facts):
    """reads another process's memory by /proc/PID/mem"""
    fd = os.open(f"/proc/{facts['victim']}/mem", os.O_RDONLY)
    return os.pread(fd, len(facts["secret"]), facts["victim_address"]) == facts["secret"].encode()


def read_memory_of_parent(facts):
    """opens the memory of its parent"""
    fd = os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY)
    return fd > 0


def take_open_file(facts):
    """takes an open file from another process by pidfd_getfd"""
    pid = os.pidfd_open(facts["victim"])
    fd = _checked(_LIBC.syscall(ctypes.c_long(438), ctypes.c_long(pid), ctypes.c_long(facts["victim_fd"]), ctypes.c_long(0)), "pidfd_getfd")
    return facts["secret"].encode() in os.pread(fd, 4096, 0)


def leave_daemon(facts):
    """leaves a process behind that writes after the run has ended"""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    time.sleep(0.8)
    with open("late", "w") as file:
        file.write("x")
    os._exit(0)


def check_leave_daemon(facts):
    time.sleep(1.6)
    return os.path.exists(os.path.join(facts["work"], "late"))


def higher_priority(facts):
    """takes a better place in the processor's queue than others"""
    return os.nice(-5) < 0


def other_user(facts):
    """becomes another user"""
    os.setgroups([])
    os.setgid(12345)
    os.setuid(12345)
    return os.getuid() == 12345


def give_file_away(facts):
    """gives a file to another user"""
    open("given", "w").close()
    os.chown("given", 12345, 12345)
    return os.stat("given").st_uid == 12345


def raise_own_limits(facts):
    """raises the limits that were set for it"""
    import resource

    for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
        soft, hard = resource.getrlimit(kind)
        more = 1 << 20 if kind == resource.RLIMIT_NOFILE else resource.RLIM_INFINITY
        resource.setrlimit(kind, (more, more))
    return True


def core_dump(facts):
    """allows itself to leave its memory on disk when it crashes"""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return True


def shared_memory_by_key(facts):
    """reads a segment of shared memory of another process by its key"""
    _LIBC.shmat.restype = ctypes.c_void_p
    segment = _checked(_LIBC.shmget(facts["shared_key"], ctypes.c_size_t(0), 0), "shmget")
    at = _LIBC.shmat(segment, None, 0o10000)
    return ctypes.string_at(at, len(facts["secret"])) == facts["secret"].encode()


def message_queue_by_key(facts):
    """finds a message queue of another process by its key"""
    _checked(_LIBC.msgget(facts["shared_key"], 0), "msgget")
    return True


def shared_memory_by_name(facts):
    """reads shared memory of another process below /dev/shm"""
    return facts["secret"] in open(facts["shared_file"]).read()


def new_user_namespace(facts):
    """makes itself root of a user namespace"""
    _checked(_LIBC.unshare(0x10000000), "unshare")
    return True


def new_namespace_by_clone(facts):
    """starts a child in namespaces of its own"""
    number = {"x86_64": 56, "aarch64": 220}.get(platform.machine())
    if number is None:
        raise NotHere("the number of clone is not known here")
    pid = _checked(_LIBC.syscall(ctypes.c_long(number), ctypes.c_long(0x10000000 | signal.SIGCHLD), None, None, None, None), "clone")
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return True


def join_namespace(facts):
    """joins the namespaces of another process"""
    fd = os.open(f"/proc/{facts['victim']}/ns/net", os.O_RDONLY)
    _checked(_LIBC.setns(fd, 0), "setns")
    return True
