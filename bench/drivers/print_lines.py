"""What each instance of a job runs: it prints numbered lines with the time, `LINES [BEGIN PER_SECOND]`.

A line is `BENCH HOST NUMBER MILLISECONDS` and some text, 100 characters or so. With BEGIN, seconds since 1970, it
starts then, prints so many lines a second, and ends. Without, it prints as fast as it can, and does not end by itself.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

_EVERY_SECONDS = 0.05
_TEXT = "epoch 1 step 100 loss 0.25 accuracy 0.875 learning rate 0.001"


def main() -> None:
    """Print them."""
    lines, *pace = sys.argv[1:]
    host = json.loads(Path("/opt/ml/input/config/resourceconfig.json").read_text())["current_host"]
    begin, rate = float(pace[0]) if pace else 0.0, float(pace[1]) if pace else 0.0
    printed = 0
    while printed < int(lines):
        now = time.time()
        due = min(int(lines), int((now - begin) * rate) if pace else printed + 1000)
        stamp = int(now * 1000)
        for number in range(printed, due):
            sys.stdout.write(f"BENCH {host} {number} {stamp} {_TEXT}\n")
        sys.stdout.flush()
        printed = max(printed, due)
        if pace:
            time.sleep(_EVERY_SECONDS)
    if not pace:
        signal.pause()


main()
