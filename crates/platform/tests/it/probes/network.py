"""Anything that leaves the process by a socket."""

import os
import socket
import struct

from attempt import NotHere


def _asked(connection, facts):
    connection.settimeout(2)
    if connection.type == socket.SOCK_DGRAM:
        connection.sendall(b"who")
    return facts["secret"].encode() in connection.recv(100)


def tcp_to_this_machine(facts):
    """connects to a server on this machine by TCP"""
    with socket.create_connection(("127.0.0.1", facts["tcp"]), 2) as connection:
        return _asked(connection, facts)


def tcp_by_ipv6(facts):
    """connects to a server on this machine by TCP over IPv6"""
    if not facts["tcp6"]:
        raise NotHere("there is no IPv6 here")
    with socket.create_connection(("::1", facts["tcp6"]), 2) as connection:
        return _asked(connection, facts)


def udp_to_this_machine(facts):
    """sends a datagram to a server on this machine"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.connect(("127.0.0.1", facts["udp"]))
        return _asked(connection, facts)


def name_server(facts):
    """carries data out in a question to a name server"""
    name = b"".join(bytes([len(part)]) + part for part in (b"stolen", b"example"))
    question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + name + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(2)
        connection.sendto(question, ("127.0.0.1", facts["udp"]))
        return connection.recv(512)


def listen(facts):
    """waits for connections on a port"""
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        return server.getsockname()[1]


def unix_by_path(facts):
    """connects to a server on this machine by the path of its socket"""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(facts["unix"])
        return _asked(connection, facts)


def unix_by_abstract_name(facts):
    """connects to a server on this machine by an abstract name"""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("\0" + facts["abstract"])
        return _asked(connection, facts)


def netlink(facts):
    """asks the kernel for the network's configuration"""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as connection:
        connection.bind((0, 0))
        return True


def raw_packets(facts):
    """sends packets of its own making"""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP):
        return True


def watch_packets(facts):
    """listens to all packets of this machine"""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)):
        return True


def kernel_cryptography(facts):
    """opens a socket to the kernel's cryptography"""
    try:
        with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET):
            return True
    except OSError as error:
        if facts["outside"] and error.errno == 97:
            raise NotHere("the kernel has no such sockets") from error
        raise


def virtual_machine_sockets(facts):
    """opens a socket to the host of this virtual machine"""
    try:
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM):
            return True
    except OSError as error:
        if facts["outside"] and error.errno == 97:
            raise NotHere("the kernel has no such sockets") from error
        raise


def network_cards(facts):
    """lists network cards besides its own loopback"""
    with open("/proc/self/net/dev") as file:
        names = [line.split(":")[0].strip() for line in file if ":" in line]
    others = [name for name in names if name != "lo"]
    if facts["outside"] and not others:
        raise NotHere("this machine has no network card")
    return others


def connections_of_others(facts):
    """lists the connections of this machine"""
    with open("/proc/self/net/tcp") as file:
        return f":{facts['tcp']:04X} " in file.read()


def host_name(facts):
    """learns the name of this machine"""
    return os.uname().nodename == facts["host_name"]
