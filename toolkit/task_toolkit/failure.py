"""The failure file: SageMaker shows its first 1,024 characters as the job's FailureReason.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html
"""

import os
import re
import signal
import stat
from typing import Callable, List

from task_toolkit.hidden import Hidden
from task_toolkit.tracebacks import exception_at, last_traceback

# Characters.
LONGEST = 1024
LAST_LINES = 20
# Bytes of a script's own file in which secrets are looked for.
LONGEST_FILE = 64 * 1024
# Not the names that pip gives its errors, as `error: metadata-generation-failed`, nor what only says that it failed.
PIP_ERROR = re.compile(r"\s*error: (?![\w-]+$|failed to build)", re.IGNORECASE)


def write_failure(base: str, text: str) -> None:
    """Unless the script wrote one itself."""
    path = os.path.join(base, "output", "failure")
    if os.path.exists(path) and os.path.getsize(path) > 0:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text[:LONGEST])


def hide_in_failure(base: str, hidden: Hidden) -> None:
    """What the script wrote itself is shown by SageMaker too. The rest of a file that is longer is cut off."""
    if not hidden.longest:
        return
    path = os.path.join(base, "output", "failure")
    try:
        # A pipe would have this wait for a writer.
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        # The script wrote no such file, or it cannot be written, as a folder.
        return
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return
        text = file.read(LONGEST_FILE)
        shown = hidden.of(text)
        if shown != text:
            file.seek(0)
            file.write(shown)
            file.truncate()


def last_line(lines: List[str]) -> str:
    """What most programs say last: why they end."""
    return lines[-1] if lines else "it printed nothing"


def pip_error(lines: List[str]) -> str:
    """The last error that pip, or what builds a package for it, names: below it come hints."""
    errors = [line.strip() for line in lines if PIP_ERROR.match(line)]
    return errors[-1] if errors else last_line(lines)


def reason(name: str, code: int, tail: str, error: Callable[[List[str]], str] = last_line) -> str:
    """One line that says it, then as much as fits of the traceback that ended the program, or of the last lines.

    `error`: finds the line that says why where there is no traceback.
    """
    lines = tail.rstrip().splitlines()
    traceback = last_traceback(lines)
    detail = traceback or lines[-LAST_LINES:]
    why = traceback[exception_at(traceback)].strip() if traceback else error(detail)
    head = "{} {}: {}".format(name, ended(code), why)[: LONGEST // 2]
    room = LONGEST - len(head) - 1
    rest = "\n".join(detail)
    if len(rest) > room:
        rest = "…" + rest[1 - room :]
    return head + "\n" + rest


def ended(code: int) -> str:
    """`failed with exit code 3`, `was killed by SIGKILL`."""
    if code >= 0:
        return "failed with exit code {}".format(code)
    try:
        return "was killed by " + signal.Signals(-code).name
    except ValueError:
        return "was killed by signal {}".format(-code)
