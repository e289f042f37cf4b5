"""AWS's clock, by which sessions and tokens end and signatures are judged. It may differ from this machine's."""

from __future__ import annotations

import time
from datetime import datetime, timezone


class Clock:
    """Seconds since 1970. It is this machine's until it is set."""

    def __init__(self) -> None:
        self._mine = self._aws = 0.0
        self.rate = 1.0

    def now(self) -> float:
        """AWS's time."""
        return self._aws + (time.time() - self._mine) * self.rate

    def utc(self) -> datetime:
        """AWS's time, as moto compares it: without a zone."""
        return datetime.fromtimestamp(self.now(), timezone.utc).replace(tzinfo=None)

    def set(self, ahead: float, rate: float) -> None:
        """From now on it is `ahead` seconds before this machine's, and goes `rate` times as fast."""
        self._mine = time.time()
        self._aws = self._mine + ahead
        self.rate = rate


clock = Clock()  # as moto's tables, one for the process
