"""How FilterLogEvents merges streams: by timestamp, then stream, then order of arrival.

A token names the last event of a page by these three, so it stays true while streams grow. Patterns are terms, all of
which must occur, quoted where they hold blanks, and after a `-` must not occur (CloudWatch Logs, filter patterns).
"""

from __future__ import annotations

import base64
import binascii
import heapq
import json
import re
from collections.abc import Callable, Iterable, Iterator

from sagemaker_local.errors import ServiceError
from sagemaker_local.logs.paging import MAX_BYTES, MAX_EVENTS
from sagemaker_local.logs.stream import Event, Stream

Place = tuple[int, str, int]  # timestamp, stream, number
_TERM = re.compile(r'-?"[^"]*"|\S+')


def search(
    streams: Iterable[Stream], token: str | None, pattern: str, limit: int, start: int, end: int
) -> tuple[list[tuple[Stream, Event]], str | None]:
    """A page of the events with start <= timestamp < end, and the token of the next one, None at the end."""
    after = _place(token) if token else None
    wanted = _matcher(pattern)
    by_name = {stream.name: stream for stream in streams}
    places = heapq.merge(*(_places(stream, after[0] if after else start, end) for stream in by_name.values()))
    found: list[tuple[Stream, Event]] = []
    size = looked = 0
    last = after
    for place in places:
        if after and place <= after:
            continue
        stream, number = by_name[place[1]], place[2]
        event = stream.read(range(number, number + 1))[0]
        looked += 1
        if looked > MAX_EVENTS:  # an empty page, or a short one, is not the end
            return found, _token(last)
        if wanted(event.message):
            if len(found) == limit or (found and size + event.size > MAX_BYTES):
                return found, _token(last)
            found.append((stream, event))
            size += event.size
        last = place
    return found, None


def _places(stream: Stream, start: int, end: int) -> Iterator[Place]:
    return ((timestamp, stream.name, number) for timestamp, number in stream.by_time(start, end))


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
        timestamp, stream, number = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error) as error:
        raise ServiceError("InvalidParameterException", "The specified nextToken is invalid.") from error
    return int(timestamp), str(stream), int(number)
