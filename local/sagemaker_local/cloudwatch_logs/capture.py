"""Turns what an instance prints into log events: one a line, empty lines too.

SageMaker's agent writes a tab as `#011` and a carriage return as `#015` (recorded). An event holds 262,144 bytes with
26 of its own, so a longer line becomes several events.
"""

from __future__ import annotations

import os
from typing import IO

from sagemaker_local.cloudwatch_logs.agent import Outlet

MAX_MESSAGE = 262_144 - 26
_CHUNK = 1 << 18


def capture(source: IO[bytes], outlet: Outlet) -> None:
    """Copy a pipe's lines to an outlet until all its writers are gone."""
    rest = b""
    while data := os.read(source.fileno(), _CHUNK):
        *lines, rest = (rest + data).split(b"\n")
        while len(rest) > MAX_MESSAGE:  # do not hold a line without end in memory
            head, rest = _split(rest)
            lines.append(head)
        _append(outlet, lines)
    if rest:
        _append(outlet, [rest])


def _append(outlet: Outlet, lines: list[bytes]) -> None:
    messages: list[bytes] = []
    for line in lines:
        remaining = line.replace(b"\t", b"#011").replace(b"\r", b"#015")
        while len(remaining) > MAX_MESSAGE:
            head, remaining = _split(remaining)
            messages.append(head)
        messages.append(remaining)
    if messages:
        outlet.append(messages)


def _split(line: bytes) -> tuple[bytes, bytes]:
    """Part a line that is too long, not within a UTF-8 character."""
    at = MAX_MESSAGE
    while at > MAX_MESSAGE - 4 and line[at] & 0xC0 == 0x80:
        at -= 1
    return line[:at], line[at:]
