"""Finds the traceback that ended a program in what it printed last. The action reads a whole job's log so too."""

import re
from typing import List

HEADER = "Traceback (most recent call last):"
# What PyTorch, torchrun, mpirun and exception groups put before the lines of a process or of an exception.
PREFIX = re.compile(
    r"(?:\[rank\d+\]: ?|\[default\d+\]:|\[\d+,(?:mpirank:)?\d+(?:,[\w.-]+)?\]<std(?:err|out)>:|\s+\| )?"
)
# Exceptions of a program that waits for another one, which has printed its own. A killed one has not.
WRAPPER = re.compile(
    r"(?:\w+\.)*(?:ChildFailedError|CalledProcessError|ProcessExitedException|ProcessRaisedException)\b(?!.*SIG[A-Z]{3})"
)
# Lines of text that a program prints after its last error, while it ends.
MOST_AFTER = 20
# Looked at, from the last one back.
MOST_TRACEBACKS = 20


def last_traceback(lines: List[str]) -> List[str]:
    """Its lines, with what was printed below; empty if none ended the program."""
    starts = [at for at, line in enumerate(lines) if line.rstrip().endswith(HEADER)]
    until = len(lines)
    wrapper: List[str] = []
    for start in reversed(starts[-MOST_TRACEBACKS:]):
        found = PREFIX.match(lines[start])
        prefix = found.group() if found else ""
        own = [line[len(prefix) :] for line in lines[start:until] if line.startswith(prefix)]
        own[0] = HEADER
        at = exception_at(own)
        if sum(1 for line in own[at + 1 :] if _is_text(line)) > MOST_AFTER:
            break
        if not WRAPPER.match(own[at].strip()):
            return own
        wrapper = wrapper or own
        until = start
    return wrapper


def exception_at(traceback: List[str]) -> int:
    """The index of the line that names it: the first unindented one after the frames; else the last line.

    Loguru marks a frame by `> `.
    """
    indent = max(_indent(traceback[1]) - 2, 0) if len(traceback) > 1 else 0
    for at, line in enumerate(traceback[1:], 1):
        if line[indent : indent + 1].strip() and not line.startswith("> "):
            return at
    return len(traceback) - 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_text(line: str) -> bool:
    """Not a ruler, not a part of a table."""
    return bool(line[:1].strip()) and any(char.isalpha() for char in line)
