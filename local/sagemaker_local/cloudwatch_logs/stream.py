"""One log stream: events in the order of their arrival, messages in a file, 24 bytes an event in memory.

An event's number is its place in that order and never changes, so positions stay true when an event arrives late,
that is with an older timestamp than one before it.
"""

from __future__ import annotations

import threading
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path


@dataclass(frozen=True)
class Event:
    """Times are milliseconds since 1970."""

    number: int
    timestamp: int
    ingestion_time: int
    message: str

    @property
    def size(self) -> int:
        """Bytes that the event counts for in a page: 26 more than its message (CloudWatch Logs, PutLogEvents)."""
        return len(self.message.encode()) + 26


class Stream:
    """Append-only; safe for many readers and writers."""

    def __init__(self, name: str, path: Path, created: int) -> None:
        self.name = name
        self.created = created
        self._lock = threading.Lock()
        self._file = path.open("w+b", buffering=0)
        self._timestamps = array("q")
        self._ingestion_times = array("q")
        self._ends = array("q", [0])
        self._in_order = True

    def __len__(self) -> int:
        return len(self._timestamps)

    def append(self, messages: Sequence[bytes], timestamps: Sequence[int], now: int) -> None:
        """Add events, as many as there are messages."""
        ends = []
        with self._lock:
            end = self._ends[-1]
            for message in messages:
                end += len(message)
                ends.append(end)
            self._file.seek(self._ends[-1])
            _write_all(self._file, b"".join(messages))
            last = self._timestamps[-1] if self._timestamps else 0
            for timestamp in timestamps:
                self._in_order = self._in_order and timestamp >= last
                last = timestamp
            self._ends.extend(ends)
            self._ingestion_times.extend([now] * len(ends))
            self._timestamps.extend(timestamps)

    def read(self, numbers: range) -> list[Event]:
        """The events of a contiguous range of numbers."""
        if not numbers:
            return []
        with self._lock:
            start = self._ends[numbers.start]
            self._file.seek(start)
            raw = _read_all(self._file, self._ends[numbers.stop] - start)
            ends = self._ends[numbers.start : numbers.stop + 1]
        return [
            Event(
                number,
                self._timestamps[number],
                self._ingestion_times[number],
                raw[ends[at] - start : ends[at + 1] - start].decode("utf-8", "replace"),
            )
            for at, number in enumerate(numbers)
        ]

    def arrival(self, number: int) -> int:
        """When an event arrived, in milliseconds since 1970."""
        return self._ingestion_times[number]

    def by_time(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """(timestamp, number) of the events in [start, stop), sorted."""
        count = len(self)
        if self._in_order:
            first = bisect_left(self._timestamps, start, 0, count)
            numbers: Iterable[int] = range(first, bisect_left(self._timestamps, stop, first, count))
        else:
            chosen = (number for number in range(count) if start <= self._timestamps[number] < stop)
            numbers = sorted(chosen, key=self._timestamps.__getitem__)
        return ((self._timestamps[number], number) for number in numbers)

    def event_id(self, timestamp: int, number: int) -> str:
        """An identifier of 56 digits, as CloudWatch Logs gives."""
        return f"{timestamp:020d}{zlib.crc32(self.name.encode()):016d}{number:020d}"

    def description(self) -> dict[str, int]:
        """First and last times, where there are events."""
        if not len(self):
            return {}
        count = len(self)
        return {
            "firstEventTimestamp": self._timestamps[0] if self._in_order else min(self._timestamps[:count]),
            "lastEventTimestamp": self._timestamps[count - 1] if self._in_order else max(self._timestamps[:count]),
            "lastIngestionTime": self._ingestion_times[count - 1],
        }


def _write_all(file: RawIOBase, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _read_all(file: RawIOBase, count: int) -> bytes:
    parts = []
    while count:
        part = file.read(count)
        if not part:
            raise EOFError("a log file is shorter than its index")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
