"""A host's own network: a namespace with `lo`, `eth0` with the host's address, and the addresses of its peers on `lo`.

No packet leaves the namespace: connections to peers and to the machine are made by the gate, which puts a socket of the
other namespace in the caller's place. A peer's address is local here so that such a socket, made here for the peer, can
be bound to it: the host then sees who calls. (Manual: netdevice(7), rtnetlink(7).)
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Mapping
from typing import NamedTuple

_SET_FLAGS, _SET_ADDRESS, _SET_MASK = 0x8914, 0x8916, 0x891C  # SIOCSIF…
_UP = 0x41  # IFF_UP, IFF_RUNNING
_NEW_LINK, _REQUEST_ACK_CREATE = 16, 0x405  # RTM_NEWLINK; NLM_F_REQUEST, _ACK, _CREATE
_NAME, _LINK_INFO, _KIND = 3, 18, 1  # IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND
INTERFACE = "eth0"


class Network(NamedTuple):
    """One host's. `peers`: addresses by host name, without its own; `folder`: where the job's hosts find each other;
    `isolated`: only peers are reached.
    """

    name: str
    address: str
    peers: Mapping[str, str]
    folder: str
    isolated: bool


def set_up(network: Network) -> None:
    """Make the addresses of the caller's, new, network namespace. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            _make_link(INTERFACE, b"dummy")
        except OSError:  # a kernel without that module; of a veth pair one end does as well
            _make_link(INTERFACE, b"veth")
        _address(control, INTERFACE, network.address, "255.255.255.0")
        for _, name in socket.if_nameindex():
            _up(control, name)
        for number, address in enumerate(network.peers.values()):
            _address(control, f"lo:{number}", address, "255.255.255.255")


def _up(control: socket.socket, name: str) -> None:
    fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH14x", name.encode(), _UP))


def _address(control: socket.socket, name: str, address: str, mask: str) -> None:
    for call, value in ((_SET_ADDRESS, address), (_SET_MASK, mask)):
        packed = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
        fcntl.ioctl(control, call, struct.pack("16s16s", name.encode(), packed))


def _make_link(name: str, kind: bytes) -> None:
    info = _attribute(_KIND, kind)
    link = struct.pack("BxHiII", 0, 0, 0, 0, 0)
    body = link + _attribute(_NAME, name.encode() + b"\0") + _attribute(_LINK_INFO, info)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
        route.bind((0, 0))
        route.send(struct.pack("IHHII", 16 + len(body), _NEW_LINK, _REQUEST_ACK_CREATE, 1, 0) + body)
        (code,) = struct.unpack_from("i", route.recv(4096), 16)
    if code not in (0, -errno.EEXIST):
        raise OSError(-code, f"making {name}: {os.strerror(-code)}")


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)
