"""Log groups and their streams."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from sagemaker_local.cloudwatch_logs.stream import Stream
from sagemaker_local.protocol.errors import ServiceError


@dataclass
class Group:
    """A log group of one region."""

    name: str
    created: int
    streams: dict[str, Stream] = field(default_factory=dict)


class LogStore:
    """All groups of all regions; messages are in files below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._groups: dict[tuple[str, str], Group] = {}
        self._files = 0

    def groups(self, region: str) -> list[Group]:
        """The region's groups by name."""
        with self._lock:
            return sorted((group for key, group in self._groups.items() if key[0] == region), key=lambda g: g.name)

    def group(self, region: str, name: str) -> Group:
        """A group. Raises ServiceError ResourceNotFoundException."""
        with self._lock:
            found = self._groups.get((region, name))
        if found is None:
            raise ServiceError("ResourceNotFoundException", "The specified log group does not exist.")
        return found

    def stream(self, region: str, group: str, name: str) -> Stream:
        """A stream. Raises ServiceError ResourceNotFoundException."""
        found = self.group(region, group).streams.get(name)
        if found is None:
            raise ServiceError("ResourceNotFoundException", "The specified log stream does not exist.")
        return found

    def create_group(self, region: str, name: str) -> Group:
        """A new group. Raises ServiceError ResourceAlreadyExistsException."""
        with self._lock:
            if (region, name) in self._groups:
                raise _exists("group")
            return self._groups.setdefault((region, name), Group(name, now_ms()))

    def create_stream(self, region: str, group: str, name: str) -> Stream:
        """A new stream. Raises ServiceError ResourceNotFoundException, ResourceAlreadyExistsException."""
        parent = self.group(region, group)
        with self._lock:
            if name in parent.streams:
                raise _exists("stream")
            self._files += 1
            stream = Stream(name, self._folder / f"{self._files}.messages", now_ms())
            parent.streams = {**parent.streams, name: stream}  # readers iterate over what they got
            return stream

    def open_stream(self, region: str, group: str, name: str) -> Stream:
        """A new stream in a group that need not exist yet, as a service opens it."""
        with self._lock:
            self._groups.setdefault((region, group), Group(group, now_ms()))
        return self.create_stream(region, group, name)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _exists(kind: str) -> ServiceError:
    text = f"The specified log {kind} already exists"
    return ServiceError("ResourceAlreadyExistsException", text, HTTPStatus.BAD_REQUEST)
