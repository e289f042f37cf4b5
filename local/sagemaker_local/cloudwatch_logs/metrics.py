"""Metrics in a training job's log, by the regular expressions of its metric definitions.

The first group is the value; the last match in a job's log is the metric's final value (SageMaker documentation,
"Define metrics"). They are looked for by RE2. What it does not read (look-around, back references) is not found, and
nothing is where it is not installed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from sagemaker_local.protocol.expressions import linear

_LONGEST = 16_384  # bytes of a line that are looked at
_MOST_STEPS = 4_000_000  # of a line's bytes times the size of an expression, as one search may take
_MOST_SECONDS = 0.25  # for one line; an expression that takes longer is not looked for any more
_MOST_MEMORY = 128 << 10  # of an expression; a larger one, of repeats of repeats, is slow
Found = Callable[[str, float, float], None]


class MetricFinder:
    """Looks for metrics, `{"Name", "Regex"}` each, and calls `found` with name, value and time in seconds."""

    def __init__(self, definitions: Sequence[dict[str, str]], found: Found) -> None:
        compiled = {each["Name"]: linear(each["Regex"], _MOST_MEMORY) for each in definitions}
        self._expressions = {name: expression for name, expression in compiled.items() if expression is not None}
        self._found = found

    def look(self, line: bytes, timestamp: int) -> None:
        """Look at one line that was printed at `timestamp`, in milliseconds."""
        if not self._expressions:
            return
        text = line[:_LONGEST].decode("utf-8", "replace")
        for name, expression in list(self._expressions.items()):
            if len(text) * expression.programsize > _MOST_STEPS:
                continue
            until = time.monotonic() + _MOST_SECONDS
            for match in expression.finditer(text):
                value = _number(match)
                if value is not None:
                    self._found(name, value, timestamp / 1000)
                if time.monotonic() > until:
                    break
            if time.monotonic() > until:
                self._expressions.pop(name, None)


def _number(match: Any) -> float | None:
    try:
        value = float(match[1])
    except (IndexError, TypeError, ValueError):  # no group, a group that did not take part, or not a number
        return None
    return value if math.isfinite(value) else None
