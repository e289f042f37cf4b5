"""Regular expressions in linear time, by RE2: Python's own engine can take minutes for one line, and the whole server
waits for it."""

from __future__ import annotations

import re
from typing import Any

try:
    import re2
except ImportError:  # It has no wheels for this Python: requirements.in.
    re2 = None


def linear(expression: str, most_memory: int = 8 << 20) -> Any | None:
    """The expression with the methods of one of `re`; None where RE2 does not read it, or in that memory."""
    if re2 is None:
        return None
    options = re2.Options()
    options.max_mem = most_memory
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError):
        return None


def fault_of(expression: str) -> str | None:
    """What is wrong with a regular expression that neither RE2 nor Python reads."""
    if linear(expression) is not None:
        return None
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None
