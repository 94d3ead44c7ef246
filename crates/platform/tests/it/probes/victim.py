"""What the probes reach for: a process with a secret in its memory, its environment, files and servers.

Prints one JSON line of facts and then serves until its input ends.
"""

import ctypes
import json
import os
import select
import signal
import socket
import sys
import tempfile

LIBC = ctypes.CDLL(None, use_errno=True)
KEY = 0x52454C49 ^ os.getpid()


def handle_of(path):
    handle = ctypes.create_string_buffer(8 + 128)
    ctypes.c_uint32.from_buffer(handle).value = 128
    mount = ctypes.c_int()
    if LIBC.name_to_handle_at(-100, path.encode(), handle, ctypes.byref(mount), 0):
        return ""
    length = ctypes.c_uint32.from_buffer(handle).value
    return handle.raw[: 8 + length].hex()


def main():
    sealed, folder, secret = sys.argv[1], sys.argv[2], sys.argv[3]
    os.chdir(os.path.dirname(sealed))
    opened = os.open(sealed, os.O_RDONLY)
    memory = ctypes.create_string_buffer(secret.encode())
    signalled = os.path.join(folder, "signalled")
    signal.signal(signal.SIGUSR1, lambda *_: open(signalled, "w").close())

    tcp, udp, unix, abstract = socket.socket(), socket.socket(type=socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    tcp.bind(("127.0.0.1", 0))
    udp.bind(("127.0.0.1", 0))
    unix.bind(os.path.join(folder, "socket"))
    abstract.bind(f"\0relift-probe-{os.getpid()}")
    servers = [tcp, unix, abstract]
    tcp6_port = 0
    try:
        tcp6 = socket.socket(socket.AF_INET6)
        tcp6.bind(("::1", 0))
        servers.append(tcp6)
        tcp6_port = tcp6.getsockname()[1]
    except OSError:
        pass
    for server in servers:
        server.listen()

    LIBC.shmat.restype = ctypes.c_void_p
    segment = LIBC.shmget(KEY, ctypes.c_size_t(4096), 0o1600)
    ctypes.memmove(LIBC.shmat(segment, None, 0), memory, len(secret))
    queue = LIBC.msgget(KEY, 0o1600)
    shared = f"/dev/shm/relift-probe-{os.getpid()}"
    with open(shared, "w") as file:
        file.write(secret)
    temporary = os.path.join(tempfile.gettempdir(), f"relift-probe-{os.getpid()}")
    open(temporary, "w").close()

    print(
        json.dumps(
            {
                "victim": os.getpid(),
                "victim_name": "victim.py",
                "victim_fd": opened,
                "victim_address": ctypes.addressof(memory),
                "handle": handle_of(sealed),
                "device": os.stat(sealed).st_dev,
                "signalled": signalled,
                "tcp": tcp.getsockname()[1],
                "tcp6": tcp6_port,
                "udp": udp.getsockname()[1],
                "unix": os.path.join(folder, "socket"),
                "abstract": f"relift-probe-{os.getpid()}",
                "shared_key": KEY,
                "shared_file": shared,
                "temporary": temporary,
                "left": temporary + "-left",
                "host_name": os.uname().nodename,
                "site_packages": next(path for path in sys.path if path.endswith("site-packages")),
                "home": os.path.expanduser("~"),
                "home_entry": (os.listdir(os.path.expanduser("~")) or [""])[0],
            }
        ),
        flush=True,
    )
    try:
        serve([*servers, udp], secret)
    finally:
        LIBC.shmctl(segment, 0, None)
        LIBC.msgctl(queue, 0, None)
        os.unlink(shared)
        os.unlink(temporary)


def serve(servers, secret):
    while True:
        for ready in select.select([0, *servers], [], [])[0]:
            if ready == 0:
                return
            if ready.type == socket.SOCK_DGRAM:
                _, peer = ready.recvfrom(1000)
                ready.sendto(secret.encode(), peer)
            else:
                connection, _ = ready.accept()
                connection.sendall(secret.encode())
                connection.close()


if __name__ == "__main__":
    main()
