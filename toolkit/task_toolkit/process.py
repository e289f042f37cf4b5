"""A program run to its end: its output pumped, signals passed on to it."""

import os
import select
import signal
import subprocess
import time
from typing import Any, Dict, List

from task_toolkit.output import Output

CHUNK = 1 << 20
# Seconds that a background process which a script left behind may hold its output open.
LEFT_BEHIND = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(words: List[str], folder: str, variables: Dict[str, str], output: Output) -> int:
    """The exit code; -N when signal N ended it. Raises OSError when the program cannot be started."""
    reading, writing = os.pipe()
    try:
        child = subprocess.Popen(
            [encoded(word) for word in words],
            cwd=folder,
            env={encoded(name): encoded(value) for name, value in variables.items()},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            start_new_session=True,
        )
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    # As PID 1 this process has no default actions: what is not handled does not arrive.
    previous = {number: signal.signal(number, _forward(child.pid)) for number in SIGNALS}
    try:
        _pump(reading, child, output)
        return child.wait()
    finally:
        os.close(reading)
        for number, handler in previous.items():
            signal.signal(number, handler)


def encoded(text: str) -> bytes:
    """The bytes of a word for the kernel: UTF-8 whatever the locale, and what came from outside as it came."""
    return text.encode("utf-8", "surrogateescape")


def _forward(group: int) -> Any:
    def handler(number: int, _frame: Any) -> None:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            # It ended a moment ago.
            return

    return handler


def _pump(reading: int, child: "subprocess.Popen[bytes]", output: Output) -> None:
    """Until the pipe is closed, or the script has ended and what it left behind does not close it."""
    deadline = None
    while deadline is None or time.monotonic() < deadline:
        ready, _, _ = select.select([reading], [], [], 0.2)
        if ready:
            chunk = os.read(reading, CHUNK)
            if not chunk:
                return
            output.feed(chunk)
        if deadline is None and child.poll() is not None:
            deadline = time.monotonic() + LEFT_BEHIND
    output.flush()
    output.say("The script ended, but a process that it started still holds its output: what that prints is not read.")
