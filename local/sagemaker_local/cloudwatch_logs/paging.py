"""How GetLogEvents pages through a stream.

A token names a place between two events in their order of arrival: `f/N` is before the Nth, read forward, `b/N` after
it, read backward. So a token never skips or repeats an event, whenever that arrived. At the end the token handed in
comes back, while an empty page with a new token is not the end (CloudWatch Logs, GetLogEvents): one is given to a token
behind which nothing arrived for a second. A page holds at most 10,000 events and 1 MB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sagemaker_local.cloudwatch_logs.stream import Event, Stream
from sagemaker_local.protocol.errors import ServiceError

INVALID_TOKEN = ("InvalidParameterException", "The specified nextToken is invalid.")
MAX_EVENTS = 10_000
MAX_BYTES = 1_048_576
_CHUNK = 1000  # events read from the file at once
_PAUSE_MS = 1000
_TOKEN = re.compile(r"([fb])/(\d{55})([01])/s")


@dataclass(frozen=True)
class Page:
    """Events in order, and the places before the first and after the last of them."""

    events: list[Event]
    backward: str
    forward: str


def page(stream: Stream, token: str | None, *, from_head: bool, limit: int, start: int, end: int) -> Page:
    """One page of the events with start <= timestamp < end. Raises ServiceError for a token not of ours."""
    count = len(stream)
    forward, place = from_head, 0 if from_head else count
    if token:
        match = _TOKEN.fullmatch(token)
        if not match or int(match[2]) > count:
            raise ServiceError(*INVALID_TOKEN)
        forward, place = match[1] == "f", int(match[2])
        if forward and match[3] == "0" and _after_pause(stream, place, count):
            return Page([], _token("b", place), _token("f", place, passed=True))
    chosen, reached = _take(_walk(stream, place, count, forward), limit, start, end)
    if forward:
        at_end = token if token and reached is None else _token("f", place if reached is None else reached + 1)
        return Page(chosen, _token("b", place), at_end)
    return Page(chosen[::-1], _token("b", place if reached is None else reached), _token("f", place))


def _walk(stream: Stream, place: int, count: int, forward: bool) -> Iterator[Event]:
    if forward:
        for first in range(place, count, _CHUNK):
            yield from stream.read(range(first, min(first + _CHUNK, count)))
    else:
        for last in range(place, 0, -_CHUNK):
            yield from reversed(stream.read(range(max(last - _CHUNK, 0), last)))


def _take(events: Iterator[Event], limit: int, start: int, end: int) -> tuple[list[Event], int | None]:
    """The events of a page, and the number of the last one looked at."""
    chosen: list[Event] = []
    size, reached = 0, None
    for event in events:
        if start <= event.timestamp < end:
            if len(chosen) == limit or (chosen and size + event.size > MAX_BYTES):
                break
            chosen.append(event)
            size += event.size
        reached = event.number
    return chosen, reached


def _after_pause(stream: Stream, place: int, count: int) -> bool:
    """Whether the event at a place arrived long after the one before."""
    return 0 < place < count and stream.arrival(place) - stream.arrival(place - 1) >= _PAUSE_MS


def _token(kind: str, place: int, *, passed: bool = False) -> str:
    """`passed`: a page ended at the pause before the place."""
    return f"{kind}/{place:055d}{int(passed)}/s"
