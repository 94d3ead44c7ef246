"""Using up what others need. The bounds here are just above what a run is given."""

import os
import tempfile
import time


def many_processes(facts):
    """has 700 processes at the same time"""
    children = []
    try:
        for _ in range(700):
            pid = os.fork()
            if pid == 0:
                time.sleep(20)
                os._exit(0)
            children.append(pid)
        return len(children) == 700
    finally:
        for pid in children:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


def much_memory(facts):
    """fills more memory than a run may"""
    kept = bytearray(facts["memory_bytes_max"] * 3 // 2)
    for at in range(0, len(kept), 4096):
        kept[at] = 1
    return len(kept)


def much_memory_by_children(facts):
    """fills more memory than a run may, a part in each of six processes"""
    part = facts["memory_bytes_max"] // 3
    children = []
    try:
        for _ in range(6):
            pid = os.fork()
            if pid == 0:
                kept = bytearray(part)
                for at in range(0, part, 4096):
                    kept[at] = 1
                time.sleep(20)
                os._exit(0)
            children.append(pid)
        time.sleep(3)
        return all(os.waitpid(pid, os.WNOHANG) == (0, 0) for pid in children)
    finally:
        for pid in children:
            os.kill(pid, 9)


def huge_file(facts):
    """makes a file of 17 GiB"""
    with open("huge", "wb") as file:
        file.truncate(17 << 30)
    os.unlink("huge")
    return True


def many_open_files(facts):
    """opens 3000 files at once"""
    import resource

    if facts["outside"]:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kept = []
    try:
        while len(kept) < 3000:
            kept.append(os.open("/dev/null", os.O_RDONLY))
        return len(kept)
    finally:
        for fd in kept:
            os.close(fd)


def full_temporary_folder(facts):
    """fills the folder for temporary files"""
    with tempfile.TemporaryFile() as file:
        os.posix_fallocate(file.fileno(), 0, 5 << 28)
        return True


def full_shared_memory(facts):
    """fills the folder for shared memory"""
    path = "/dev/shm/relift-probe-full"
    try:
        with open(path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 5 << 28)
        return True
    finally:
        os.unlink(path)
