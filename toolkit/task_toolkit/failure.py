"""The failure file: SageMaker shows its first 1,024 characters as the job's FailureReason.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html
"""

import os
import signal
from typing import List

# Characters.
LONGEST = 1024
LAST_LINES = 20
TRACEBACK = "Traceback (most recent call last):"


def write_failure(base: str, text: str) -> None:
    """Unless the script wrote one itself."""
    path = os.path.join(base, "output", "failure")
    if os.path.exists(path) and os.path.getsize(path) > 0:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text[:LONGEST])


def reason(name: str, code: int, tail: str) -> str:
    """One line that says it, then as much as fits of the last traceback, or of the last lines."""
    lines = tail.rstrip().splitlines()
    starts = [at for at, line in enumerate(lines) if line.strip() == TRACEBACK]
    detail = lines[starts[-1] :] if starts else lines[-LAST_LINES:]
    head = "{} {}: {}".format(name, ended(code), _error(detail, bool(starts)))[: LONGEST // 2]
    room = LONGEST - len(head) - 1
    rest = "\n".join(detail)
    if len(rest) > room:
        rest = "…" + rest[1 - room :]
    return head + "\n" + rest


def _error(detail: List[str], has_traceback: bool) -> str:
    """The line that names the exception: the first unindented one after the traceback's frames; else the last line."""
    if has_traceback:
        indent = len(detail[0]) - len(detail[0].lstrip())
        for line in detail[1:]:
            if line[indent : indent + 1].strip():
                return line[indent:]
    return detail[-1] if detail else "it printed nothing"


def ended(code: int) -> str:
    """`failed with exit code 3`, `was killed by SIGKILL`."""
    if code >= 0:
        return "failed with exit code {}".format(code)
    try:
        return "was killed by " + signal.Signals(-code).name
    except ValueError:
        return "was killed by signal {}".format(-code)
