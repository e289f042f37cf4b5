"""Sockets made for somebody else: asked for over a unix socket, given by passing the descriptor (manual: unix(7)).

A request is `FAMILY TYPE PROTOCOL`; the answer is one byte, with the descriptor, or without one when it cannot be made.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress

from sagemaker_local.isolation import kernel

_SECONDS = 5.0


def answer_one(asker: socket.socket) -> bool:
    """Make the socket that the next request asks for; False when there are no more requests."""
    request = asker.recv(64)
    if not request:
        return False
    try:
        made = socket.socket(*map(int, request.split()))
    except (OSError, ValueError):
        asker.send(b"-")
        return True
    with made:
        socket.send_fds(asker, [b"+"], [made.fileno()])
    return True


def ask(maker: socket.socket, family: int, kind: int, protocol: int) -> socket.socket | None:
    """A socket of the maker's network namespace, None if it could not make one. Raises OSError."""
    maker.send(f"{family} {kind} {protocol}".encode())
    _, descriptors, _, _ = socket.recv_fds(maker, 1, 1)
    return socket.socket(family, kind, protocol, descriptors[0]) if descriptors else None


def fork_maker() -> socket.socket:
    """A child process that makes sockets of the namespace that the caller is in now, whatever becomes of the caller."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        kernel.die_with_parent(9)
        keep = theirs.fileno()
        os.closerange(0, keep)
        os.closerange(keep + 1, 4096)
        with suppress(OSError):
            while answer_one(theirs):
                pass
        os._exit(0)
    theirs.close()
    ours.settimeout(_SECONDS)
    return ours


class PeerSockets:
    """Makes sockets for a job's other hosts, and asks theirs. All meet in `folder`, by host names."""

    def __init__(self, folder: str, name: str) -> None:
        # By a descriptor: the folder's own path may be longer than a unix socket's address can be.
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(self._path(name))
        self._listener.listen(64)

    def start(self) -> None:
        """Serve, in a thread."""
        threading.Thread(target=self._serve, name="peers", daemon=True).start()

    def ask(self, peer: str, family: int, kind: int, protocol: int) -> socket.socket | None:
        """A socket of a peer's namespace, None if it has none for us. Raises OSError where the peer is not there."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as maker:
            maker.settimeout(_SECONDS)
            maker.connect(self._path(peer))
            return ask(maker, family, kind, protocol)

    def _serve(self) -> None:
        while True:
            asker, _ = self._listener.accept()
            with asker, suppress(OSError):
                asker.settimeout(_SECONDS)
                answer_one(asker)

    def _path(self, name: str) -> str:
        return f"/proc/self/fd/{self._folder}/{name}"
