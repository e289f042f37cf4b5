"""A job's log as the page shows it: an instance's newest lines, an excerpt at a time, or all of it as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.wrappers import Response

from sagemaker_local.cloudwatch_logs.paging import page
from sagemaker_local.cloudwatch_logs.store import LogStore
from sagemaker_local.cloudwatch_logs.stream import Event, Stream
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.sagemaker.record import LOG_GROUP, TrainingJob

_TAIL_LINES = 200
_EXCERPT_LINES = 1000
_SHOWN_CHARACTERS = 5000  # of a line; the file has it whole
_FOREVER = 1 << 62
_READ_AT_ONCE = 64  # lines can be 256 KiB long
_FROM_START = "start"


@dataclass(frozen=True)
class Choice:
    """A stream that can be shown, as `algo-1-1700000000`."""

    name: str
    count: int
    shown: bool


@dataclass(frozen=True)
class Excerpt:
    """Some lines of a stream; `at` is empty for the newest, `older` and `newer` are places to go on, None at an end."""

    choices: list[Choice]
    stream: str
    lines: list[Event]
    count: int
    at: str
    older: str | None = None
    newer: str | None = None
    shown_characters: int = _SHOWN_CHARACTERS


def streams(logs: LogStore, job: TrainingJob) -> dict[str, Stream]:
    """The job's streams by their names without the job's, those of algo-2 before those of algo-10."""
    try:
        group = logs.group(job.region, LOG_GROUP)
    except ServiceError:
        return {}  # no job has printed anything yet
    prefix = f"{job.name}/"
    found = {name.removeprefix(prefix): each for name, each in group.streams.items() if name.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda entry: [int(number) for number in re.findall(r"\d+", entry[0])]))


def tail(found: dict[str, Stream], name: str) -> Excerpt:
    """The newest lines of a stream, of the first one without a name. Raises KeyError."""
    return _excerpt(found, name, "", _TAIL_LINES)


def excerpt(found: dict[str, Stream], name: str, at: str) -> Excerpt:
    """Lines at a place: a token of theirs, `start`, or empty for the newest. Raises KeyError, ServiceError."""
    return _excerpt(found, name, at, _EXCERPT_LINES)


def download(found: dict[str, Stream], name: str, job: str) -> Response:
    """All lines as a text file, streamed. Raises KeyError."""
    stream = found[name]
    response = Response(_text(stream, len(stream)), content_type="text/plain; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{job}-{name}.txt")
    return response


def _excerpt(found: dict[str, Stream], name: str, at: str, limit: int) -> Excerpt:
    if not found and not name:
        return Excerpt([], "", [], 0, at)
    name = name or next(iter(found))
    stream = found[name]
    count = len(stream)
    from_start = at == _FROM_START
    token = None if from_start else at or None
    got = page(stream, token, from_head=from_start, limit=limit, start=0, end=_FOREVER)
    first = got.events[0].number if got.events else 0
    last = got.events[-1].number if got.events else count
    return Excerpt(
        [Choice(each, len(found[each]), each == name) for each in found],
        name,
        got.events,
        count,
        at,
        got.backward if first > 0 else None,
        got.forward if last + 1 < count else None,
    )


def _text(stream: Stream, count: int) -> Iterator[bytes]:
    for start in range(0, count, _READ_AT_ONCE):
        events = stream.read(range(start, min(start + _READ_AT_ONCE, count)))
        yield "".join(f"{event.message}\n" for event in events).encode()
