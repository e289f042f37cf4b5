"""The instances of a job working on one model: they average their numbers over plain TCP.

They meet where `distribution: torchrun` says: MASTER_ADDR and MASTER_PORT; the one of RANK 0 listens there.
"""

from __future__ import annotations

import json
import os
import socket
import time
from typing import TextIO

PATIENCE = 60.0  # seconds that the others may take


class Together:
    """`average` is called by all instances, equally often."""

    def __init__(self) -> None:
        """Wait until all have met. Raises OSError."""
        self.rank, self.size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
        if self.rank == 0:
            with socket.create_server(place) as server:
                server.settimeout(PATIENCE)
                connections = [server.accept()[0] for _ in range(self.size - 1)]
        else:
            connections = [_reach(place)]
        for connection in connections:
            connection.settimeout(PATIENCE)
        self._peers = [connection.makefile("rw") for connection in connections]

    def average(self, numbers: list[float]) -> list[float]:
        """The mean over all instances, number by number: the first one gathers and tells the others."""
        if self.rank > 0:
            _send(self._peers[0], numbers)
            return _receive(self._peers[0])
        gathered = [numbers, *(_receive(peer) for peer in self._peers)]
        means = [sum(each) / self.size for each in zip(*gathered, strict=True)]
        for peer in self._peers:
            _send(peer, means)
        return means


def _reach(place: tuple[str, int]) -> socket.socket:
    """A connection to the first instance, which may be a moment behind."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection = socket.socket()
        if connection.connect_ex(place) == 0:
            return connection
        connection.close()
        time.sleep(0.1)
    raise ConnectionError(f"nobody listens at {place[0]}:{place[1]}")


def _send(peer: TextIO, numbers: list[float]) -> None:
    peer.write(json.dumps(numbers) + "\n")
    peer.flush()


def _receive(peer: TextIO) -> list[float]:
    line = peer.readline()
    if not line:
        raise ConnectionError("another instance has ended")
    numbers: list[float] = json.loads(line)
    return numbers
