"""Narrows a child to its own staging folder by Landlock, on top of what already holds for its parent.

The parent may write to the folder that holds all staging folders; one run must neither see nor
change another's. Where the kernel has no Landlock the parent has none either, and has said so.
"""

import ctypes
import os

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read file, read folder
_FILE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
_PDEATHSIG, _NO_NEW_PRIVS = 1, 38


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def _all_rights(abi):
    return (1 << (13 if abi == 1 else 14 if abi == 2 else 15 if abi < 5 else 16)) - 1


def die_with_parent():
    """Asks the kernel to kill this process when its parent dies."""
    ctypes.CDLL(None).prctl(_PDEATHSIG, 9, 0, 0, 0)


def restrict(readable, writable):
    """Leaves only `readable` to read and `writable` to change; false where there is no Landlock."""
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if abi < 1:
        return False
    handled = ctypes.c_uint64(_all_rights(abi))
    ruleset = libc.syscall(_CREATE, ctypes.byref(handled), ctypes.c_size_t(8), ctypes.c_uint32(0))
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    for paths, rights in ((readable, _READ), (writable, handled.value)):
        for path in paths:
            try:
                folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            allowed = rights & handled.value
            if not os.path.isdir(path):
                allowed &= _FILE
            rule = _Beneath(allowed, folder)
            failed = libc.syscall(_ADD, ruleset, ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0))
            os.close(folder)
            if failed:
                raise OSError(ctypes.get_errno(), f"landlock_add_rule {path}")
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(_RESTRICT, ruleset, ctypes.c_uint32(0)):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(ruleset)
    return True
