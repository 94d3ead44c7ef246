"""Calls that reach into the kernel, or change the machine for everybody.

Where such a call changes something, the probe sets what is set already.
"""

import ctypes
import os
import platform
import socket
import time

from attempt import NotHere

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_NUMBERS = {
    "x86_64": {"add_key": 248, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "syslog": 103, "fanotify_init": 300},
    "aarch64": {"add_key": 217, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "syslog": 116, "fanotify_init": 262},
}
_EVERYWHERE = {"io_uring_setup": 425, "open_tree": 428, "fsopen": 430}


def _call(name, *args):
    number = _EVERYWHERE.get(name) or _NUMBERS.get(platform.machine(), {}).get(name)
    if number is None:
        raise NotHere(f"the number of {name} is not known here")
    plain = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    answer = _LIBC.syscall(ctypes.c_long(number), *plain)
    if answer < 0:
        error = OSError(ctypes.get_errno(), name)
        if error.errno == 38:
            raise NotHere(f"the kernel has no {name}") from error
        raise error
    return answer


def set_clock(facts):
    """sets the machine's clock"""
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))
    return True


def set_host_name(facts):
    """sets the machine's name"""
    socket.sethostname(socket.gethostname())
    return True


def keep_key(facts):
    """leaves data in the kernel's key ring"""
    return _call("add_key", b"user", b"relift-probe", b"x", 1, -2) > 0


def kernel_program(facts):
    """loads something into the kernel by bpf"""
    attributes = (ctypes.c_uint32 * 16)(2, 4, 4, 1)
    return _call("bpf", 0, ctypes.byref(attributes), ctypes.sizeof(attributes)) >= 0


def performance_counter(facts):
    """counts events of the machine"""
    attributes = (ctypes.c_uint32 * 32)(1, 128)
    try:
        return _call("perf_event_open", ctypes.byref(attributes), 0, -1, -1, 0) >= 0
    except OSError as error:
        if facts["outside"] and error.errno in (2, 13):
            raise NotHere("counters are switched off") from error
        raise


def page_faults(facts):
    """handles page faults in place of the kernel, a common step of attacks on it"""
    return _call("userfaultfd", 1) >= 0


def call_ring(facts):
    """makes calls by a ring that no filter sees"""
    parameters = (ctypes.c_uint32 * 30)()
    return _call("io_uring_setup", 1, ctypes.byref(parameters)) >= 0


def kernel_log(facts):
    """reads the kernel's log"""
    return _call("syslog", 10, 0, 0) > 0


def kernel_log_by_device(facts):
    """reads the kernel's log by its device"""
    if facts["outside"] and not os.path.exists("/dev/kmsg"):
        raise NotHere("there is no /dev/kmsg")
    return os.read(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), 8192)


def watch_files(facts):
    """watches what all processes open"""
    return _call("fanotify_init", 0, 0) >= 0


def clone_mounts(facts):
    """takes a copy of the tree of mounts"""
    return _call("open_tree", -100, b"/", 1 | 0x8000) >= 0


def new_file_system(facts):
    """makes a file system by the newer calls"""
    return _call("fsopen", b"tmpfs", 0) >= 0


def mount_over(facts):
    """mounts a file system of its own"""
    if _LIBC.unshare(0x00020000):
        raise OSError(ctypes.get_errno(), "unshare")
    _LIBC.mount(None, b"/", None, ctypes.c_ulong(16384 | 1 << 18), None)
    os.mkdir("own")
    if _LIBC.mount(b"tmpfs", b"own", b"tmpfs", ctypes.c_ulong(0), None):
        raise OSError(ctypes.get_errno(), "mount")
    return True


def uncover_root(facts):
    """takes away the mount that covers a folder"""
    if _LIBC.unshare(0x00020000):
        raise OSError(ctypes.get_errno(), "unshare")
    _LIBC.mount(None, b"/", None, ctypes.c_ulong(16384 | 1 << 18), None)
    if _LIBC.umount2(b"/proc", 2):
        raise OSError(ctypes.get_errno(), "umount")
    return True


def type_into_terminal(facts):
    """puts characters into the input of a terminal"""
    import fcntl
    import termios

    _, terminal = os.openpty()
    try:
        fcntl.ioctl(terminal, termios.TIOCSTI, b"x")
    except OSError as error:
        if facts["outside"] and error.errno == 5:
            raise NotHere("the kernel forbids it to everybody") from error
        raise
    return True


def ports_of_devices(facts):
    """talks to devices past the kernel"""
    if platform.machine() != "x86_64":
        raise NotHere("only x86 has such ports")
    if _LIBC.iopl(3):
        error = OSError(ctypes.get_errno(), "iopl")
        if facts["outside"]:
            raise NotHere("the kernel forbids it to everybody") from error
        raise error
    return True


def processor_settings(facts):
    """writes a setting of the processors in sysfs, as it is"""
    path = "/sys/devices/system/cpu/uevent"
    if facts["outside"] and not os.path.exists(path):
        raise NotHere("there is no such setting")
    with open(path, "w") as file:
        file.write("change")
    return True
