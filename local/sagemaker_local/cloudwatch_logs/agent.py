"""The agent that carries what instances print to their log streams, as late as the pace says.

Without a delay an event is there at once. With one, every third batch of a stream takes twice as long, and streams
differ, so events arrive out of order and go on arriving after the job's end, as at AWS. A stream, and the first one's
group, appears with its first event.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sagemaker_local.cloudwatch_logs.store import LogStore, now_ms
from sagemaker_local.cloudwatch_logs.stream import Stream
from sagemaker_local.faults.pace import Pace

_HELD_BYTES = 64 << 20  # of all streams, then instances have to wait
_STEPS = 4  # kinds of streams, each a quarter slower than the one before


@dataclass(order=True)
class _Batch:
    due: float
    number: int
    outlet: Outlet = field(compare=False)
    messages: list[bytes] = field(compare=False)
    timestamp: int = field(compare=False)
    size: int = field(compare=False)


class Outlet:
    """Where one instance's lines go; `seen` gets each line as it is printed, with its time in milliseconds."""

    def __init__(
        self, agent: Agent, open_stream: Callable[[], Stream], seen: Callable[[bytes, int], None], slowness: float
    ) -> None:
        self.slowness = slowness
        self._agent = agent
        self._open = open_stream
        self._seen = seen
        self._stream: Stream | None = None
        self._batches = 0

    def append(self, messages: list[bytes]) -> None:
        """Take lines that were printed now."""
        now = now_ms()
        for message in messages:
            self._seen(message, now)
        self._batches += 1
        self._agent.take(self, messages, now, slow=self._batches % 3 == 0)

    def deliver(self, messages: list[bytes], timestamp: int) -> None:
        """Put lines into the stream."""
        if self._stream is None:
            self._stream = self._open()
        self._stream.append(messages, [timestamp] * len(messages), now_ms())


class Agent:
    """Carries the lines of all jobs; one thread delivers what is due."""

    def __init__(self, store: LogStore, pace: Pace) -> None:
        self._store = store
        self._pace = pace
        self._numbers = itertools.count()
        self._outlets = itertools.count()
        self._changed = threading.Condition()
        self._held: list[_Batch] = []
        self._bytes = 0
        threading.Thread(target=self._run, name="log agent", daemon=True).start()

    def outlet(self, region: str, group: str, name: str, seen: Callable[[bytes, int], None]) -> Outlet:
        """A new stream's, which appears with its first line."""
        slowness = 1 + next(self._outlets) % _STEPS / _STEPS
        return Outlet(self, lambda: self._store.open_stream(region, group, name), seen, slowness)

    def take(self, outlet: Outlet, messages: list[bytes], timestamp: int, *, slow: bool) -> None:
        """Hold lines back for as long as the pace says; waits while too much is held back."""
        delay = self._pace.log_delay
        with self._changed:
            if delay == 0 and not self._held:
                outlet.deliver(messages, timestamp)
                return
            size = sum(map(len, messages))
            self._changed.wait_for(lambda: self._bytes == 0 or self._bytes + size <= _HELD_BYTES)
            due = time.monotonic() + delay * outlet.slowness * (2 if slow else 1)
            heapq.heappush(self._held, _Batch(due, next(self._numbers), outlet, messages, timestamp, size))
            self._bytes += size
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._held or self._held[0].due > time.monotonic():
                    self._changed.wait(self._held[0].due - time.monotonic() if self._held else None)
                batch = heapq.heappop(self._held)
                self._bytes -= batch.size
                batch.outlet.deliver(batch.messages, batch.timestamp)
                self._changed.notify_all()
