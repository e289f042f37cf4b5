"""How FilterLogEvents merges streams: by timestamp, then time of arrival (API, FilterLogEvents), then stream.

A token names the last event of a page by these, so it stays true while streams grow. Patterns are terms, all of
which must occur, quoted where they hold blanks, and after a `-` must not occur (CloudWatch Logs, filter patterns).
"""

from __future__ import annotations

import base64
import binascii
import heapq
import json
import re
from collections.abc import Callable, Iterable, Iterator

from sagemaker_local.cloudwatch_logs.paging import INVALID_TOKEN, MAX_BYTES, MAX_EVENTS
from sagemaker_local.cloudwatch_logs.stream import Event, Stream
from sagemaker_local.protocol.errors import ServiceError

Place = tuple[int, int, str, int]  # timestamp, time of arrival, stream, number
_CHUNK = 500  # events read from a stream's file at once
_TERM = re.compile(r'-?"[^"]*"|\S+')


def search(
    streams: Iterable[Stream], token: str | None, pattern: str, limit: int, start: int, end: int
) -> tuple[list[tuple[Stream, Event]], str | None]:
    """A page of the events with start <= timestamp < end, and the token of the next one, None at the end."""
    after = _place(token) if token else None
    wanted = _matcher(pattern)
    by_name = {stream.name: stream for stream in streams}
    places = heapq.merge(*(_places(stream, after[0] if after else start, end) for stream in by_name.values()))
    readers = {name: _Reader(stream) for name, stream in by_name.items()}
    found: list[tuple[Stream, Event]] = []
    size = looked = 0
    last = after
    for place in places:
        if after and place <= after:
            continue
        *_, name, number = place
        event = readers[name].event(number)
        looked += 1
        if looked > MAX_EVENTS:  # an empty page, or a short one, is not the end
            return found, _token(last)
        if wanted(event.message):
            if len(found) == limit or (found and size + event.size > MAX_BYTES):
                return found, _token(last)
            found.append((by_name[name], event))
            size += event.size
        last = place
    return found, None


class _Reader:
    """Reads ahead: the events of a stream are mostly asked for in order."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._first = 0
        self._events: list[Event] = []

    def event(self, number: int) -> Event:
        """The event of this number."""
        if not self._first <= number < self._first + len(self._events):
            self._first = number
            self._events = self._stream.read(range(number, min(number + _CHUNK, len(self._stream))))
        return self._events[number - self._first]


def _places(stream: Stream, start: int, end: int) -> Iterator[Place]:
    times = stream.by_time(start, end)
    return ((timestamp, stream.arrival(number), stream.name, number) for timestamp, number in times)


def _matcher(pattern: str) -> Callable[[str], bool]:
    if pattern.lstrip().startswith(("{", "[", "%")):
        text = "Invalid filter pattern: only terms are understood here, neither JSON, nor fields, nor expressions."
        raise ServiceError("InvalidParameterException", text)
    terms = [str(term) for term in _TERM.findall(pattern)]
    needed = [term.strip('"') for term in terms if not term.startswith("-")]
    excluded = [term[1:].strip('"') for term in terms if term.startswith("-")]
    return lambda message: all(term in message for term in needed) and not any(term in message for term in excluded)


def _token(place: Place | None) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(token: str) -> Place:
    try:
        timestamp, arrival, stream, number = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error) as error:
        raise ServiceError(*INVALID_TOKEN) from error
    return int(timestamp), int(arrival), str(stream), int(number)
