"""Metrics that a training job's log tells, by the regular expressions of its metric definitions.

The first group is the value; the last match in a job's log is the metric's final value (SageMaker documentation,
"Define metrics"). Java's and Python's expressions differ little; one that Python does not know is refused at creation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

_LONGEST = 16_384  # bytes of a line that are looked at: an expression may take long over a longer one
Told = Callable[[str, float, float], None]


class MetricFinder:
    """Looks for the metrics of `definitions`, `{"Name", "Regex"}`, and tells each name, value and time in seconds."""

    def __init__(self, definitions: Sequence[dict[str, str]], told: Told) -> None:
        self._expressions = [(each["Name"], re.compile(each["Regex"])) for each in definitions]
        self._told = told

    def look(self, line: bytes, timestamp: int) -> None:
        """Look at one line that was printed at `timestamp`, in milliseconds."""
        if not self._expressions:
            return
        text = line[:_LONGEST].decode("utf-8", "replace")
        for name, expression in self._expressions:
            for match in expression.finditer(text):
                value = _number(match)
                if value is not None:
                    self._told(name, value, timestamp / 1000)


def _number(match: re.Match[str]) -> float | None:
    try:
        value = float(match[1])
    except (IndexError, TypeError, ValueError):  # no group, one that took no part, or no number
        return None
    return value if math.isfinite(value) else None
