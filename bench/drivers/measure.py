"""Runs a command and writes what it took: `measure.py REPORT COMMAND…`.

REPORT is a JSON object: `began` (seconds since 1970), `seconds`, `cpu` (seconds of the command and what it waited for),
`memory` (bytes: the most that any one of these processes had resident, as the kernel counts it), `code` (negative: the
signal). SIGTERM and SIGINT end the command with all of its processes, and the report is written all the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    """Run it."""
    report, *command = sys.argv[1:]
    began, clock = time.time(), time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.execvp(command[0], command)  # noqa: S606 - without a shell

    def end(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)
    _, status, usage = os.wait4(child, 0)
    told = {
        "began": began,
        "seconds": time.monotonic() - clock,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    Path(report).write_text(json.dumps(told))


main()
