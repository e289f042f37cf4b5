"""Where a host's connections go: its own network, a peer's, or the machine's.

For each `connect`, and `sendto` with a destination, the caller's socket is replaced by one of the network that the
destination is in, if it is not of that one already; then the call goes on as if nothing had been (the technique of
bypass4netns). A loopback address is the host's own where something listens there, else the machine's: there are the
stand-in and what the machine offers. An isolated host reaches its own and its peers' only.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys
from collections import OrderedDict
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple

from sagemaker_local.isolation import kernel, seccomp
from sagemaker_local.isolation.network import Network
from sagemaker_local.isolation.sockets import PeerSockets, ask

HOME, MACHINE = "", "/"  # names of places; the others are hosts
_REMEMBERED = 65_536
_TCP_LISTEN = "0A"
# Kept when a socket is replaced: (level, name), of 4 to 16 bytes.
_OPTIONS = [
    *((socket.SOL_SOCKET, name) for name in (socket.SO_REUSEADDR, socket.SO_KEEPALIVE, socket.SO_LINGER)),
    *((socket.SOL_SOCKET, name) for name in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO, socket.SO_BROADCAST)),
]
_TCP_OPTIONS = [
    (socket.IPPROTO_TCP, name)
    for name in (socket.TCP_NODELAY, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, 18)
]  # 18: TCP_USER_TIMEOUT
_BUFFERS = (socket.SO_SNDBUF, socket.SO_RCVBUF)


class _Target(NamedTuple):
    address: IPv4Address | IPv6Address
    port: int


class Gate:
    """Answers the trapped calls of one host. `maker` makes sockets of the machine's network."""

    def __init__(self, listener: int, network: Network, maker: socket.socket, peers: PeerSockets) -> None:
        self._listener = listener
        self._network = network
        self._maker = maker
        self._peers = peers
        self._hosts = {ip_address(address): name for name, address in network.peers.items()}
        self._own = ip_address(network.address)
        self._places: OrderedDict[int, str] = OrderedDict()  # of replaced sockets, by inode

    def run(self) -> None:
        """Until the last process of the host has ended."""
        waiting = select.poll()
        waiting.register(self._listener, select.POLLIN)
        while not any(event & select.POLLHUP for _, event in waiting.poll()):
            trapped = seccomp.receive(self._listener)
            if trapped is not None:
                self._answer(trapped)

    def _answer(self, trapped: seccomp.Trapped) -> None:
        try:
            self._settle(trapped)
        except OSError as error:
            seccomp.refuse(self._listener, trapped, error.errno or errno.EHOSTUNREACH)

    def _settle(self, trapped: seccomp.Trapped) -> None:
        """Put the caller's socket into the right network and let the call go on. Raises OSError for it to fail by."""
        target = _read_target(trapped)
        if target is None or not seccomp.is_valid(self._listener, trapped):
            seccomp.go_on(self._listener, trapped)
            return
        process = _process_of(trapped.thread)
        with _socket_of(process, trapped.descriptor) as current:
            kind = current.type & 0xF
            place = self._place(target, kind)
            if kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM) and self._places.get(_inode(current), HOME) != place:
                with self._made_in(place, current) as new:
                    self._copy(current, new, place)
                    close_on_exec = _closes_on_exec(process, trapped.descriptor)
                    seccomp.replace(self._listener, trapped, new.fileno(), close_on_exec=close_on_exec)
                    self._remember(new, place)
        seccomp.go_on(self._listener, trapped)

    def _place(self, target: _Target, kind: int) -> str:
        address = target.address
        if address == self._own:
            return HOME
        if address in self._hosts:
            # A datagram to a peer's socket that was made here for it is an answer, and stays here.
            answer = kind == socket.SOCK_DGRAM and _bound("udp", target.port, str(address))
            return HOME if answer else self._hosts[address]
        if self._network.isolated:
            return HOME
        if address.is_loopback or address.is_unspecified:
            protocol = "tcp" if kind == socket.SOCK_STREAM else "udp"
            return HOME if _bound(protocol, target.port) else MACHINE
        return MACHINE

    def _made_in(self, place: str, like: socket.socket) -> socket.socket:
        what = (like.family, like.type & 0xF, like.proto)
        if place == HOME:
            return socket.socket(*what)
        try:
            made = ask(self._maker, *what) if place == MACHINE else self._peers.ask(place, *what)
        except OSError as error:  # a peer that has not started yet, or has ended
            raise OSError(errno.ECONNREFUSED, "no such host now") from error
        if made is None:
            raise OSError(errno.ENETUNREACH, "no socket of that network")
        return made

    def _copy(self, current: socket.socket, new: socket.socket, place: str) -> None:
        """What the caller has set, and towards a peer the caller's own address."""
        options = _OPTIONS + (_TCP_OPTIONS if new.type & 0xF == socket.SOCK_STREAM else [])
        for level, name in options:
            new.setsockopt(level, name, current.getsockopt(level, name, 16))
        for name in _BUFFERS:  # the kernel answers twice what was set
            if current.getsockopt(socket.SOL_SOCKET, name) != new.getsockopt(socket.SOL_SOCKET, name):
                new.setsockopt(socket.SOL_SOCKET, name, current.getsockopt(socket.SOL_SOCKET, name) // 2)
        if new.family == socket.AF_INET6:
            only = current.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
            new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        flags = fcntl.fcntl(current.fileno(), fcntl.F_GETFL)
        fcntl.fcntl(new.fileno(), fcntl.F_SETFL, flags)
        if place not in (HOME, MACHINE):
            own = self._network.address
            new.bind((own if new.family == socket.AF_INET else f"::ffff:{own}", 0))

    def _remember(self, new: socket.socket, place: str) -> None:
        self._places[_inode(new)] = place
        if len(self._places) > _REMEMBERED:
            self._places.popitem(last=False)


def fork_gate(network: Network, maker: socket.socket) -> socket.socket:
    """A child process that answers for a host, in the network namespace that the caller is in now.

    It is to be sent the listener of the host's trap by the socket that comes back. It ends with the caller.
    """
    receiver, sender = socket.socketpair()
    if os.fork() == 0:
        kernel.die_with_parent(signal.SIGKILL)
        sender.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)  # the instance's output ends with the instance
        try:
            peers = PeerSockets(network.folder, network.name)
            peers.start()
            _, descriptors, _, _ = socket.recv_fds(receiver, 1, 1)
            if descriptors:  # without, the host ended before
                Gate(descriptors[0], network, maker, peers).run()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - whatever it is, it must be printed, and no fork may return
            sys.__excepthook__(*sys.exc_info())
            os._exit(1)
    receiver.close()
    return sender


def _read_target(trapped: seccomp.Trapped) -> _Target | None:
    """The destination of a call, None where it is not an Internet address."""
    with Path(f"/proc/{trapped.thread}/mem").open("rb", buffering=0) as memory:
        memory.seek(trapped.address)
        raw = memory.read(trapped.length)
    if len(raw) < 8:
        return None
    family = int.from_bytes(raw[:2], "little")
    (port,) = struct.unpack_from(">H", raw, 2)
    if family == socket.AF_INET:
        return _Target(IPv4Address(raw[4:8]), port)
    if family == socket.AF_INET6 and len(raw) >= 24:
        address = IPv6Address(raw[8:24])
        return _Target(address.ipv4_mapped or address, port)
    return None


def _socket_of(process: int, descriptor: int) -> socket.socket:
    """Another process's socket. Raises OSError, ENOTSOCK too."""
    copy = seccomp.copy_descriptor(process, descriptor)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def _process_of(thread: int) -> int:
    for line in Path(f"/proc/{thread}/status").read_text().splitlines():
        if line.startswith("Tgid:"):
            return int(line.split()[1])
    raise ProcessLookupError(errno.ESRCH, "the caller is gone")


def _closes_on_exec(process: int, descriptor: int) -> bool:
    for line in Path(f"/proc/{process}/fdinfo/{descriptor}").read_text().splitlines():
        if line.startswith("flags:"):
            return bool(int(line.split()[1], 8) & os.O_CLOEXEC)
    return False


def _bound(protocol: str, port: int, address: str = "") -> bool:
    """Whether the host listens on a port; udp: is bound to it, at this address if there is one."""
    wanted = "".join(f"{part:02X}" for part in reversed(socket.inet_aton(address))) if address else ""
    for table in (protocol, f"{protocol}6"):
        path = Path(f"/proc/thread-self/net/{table}")
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            host, _, number = fields[1].partition(":")
            if int(number, 16) == port and (protocol == "udp" or fields[3] == _TCP_LISTEN) and host.endswith(wanted):
                return True
    return False


def _inode(each: socket.socket) -> int:
    return os.fstat(each.fileno()).st_ino
