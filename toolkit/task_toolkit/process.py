"""A program run to its end: its output pumped, signals passed on to it, orphans waited for."""

import os
import select
import signal
import subprocess
import time
from typing import Any, Dict, List

from task_toolkit.output import Output

# Bytes a read; a pipe holds 64 KiB.
CHUNK = 1 << 20
# Seconds that a background process which a program left behind may hold its output open.
LEFT_BEHIND = 5.0
# Seconds between two looks whether the program has ended.
LOOK = 0.2


class Signals:
    """SIGTERM and SIGINT: PID 1 has no default actions, so what is not handled here does not arrive."""

    def __init__(self) -> None:
        # The last that came; 0 before any.
        self.received = 0
        self._group = 0

    def catch(self) -> None:
        """From now on they end nothing here; they go to the program that runs."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)

    def lead_to(self, group: int) -> None:
        """The process group they go to, one that came while it started included; 0 for none."""
        self._group = group
        if self.received:
            self._pass_on(self.received)

    def _handle(self, number: int, _frame: Any) -> None:
        self.received = number
        self._pass_on(number)

    def _pass_on(self, number: int) -> None:
        if not self._group:
            return
        try:
            os.killpg(self._group, number)
        except ProcessLookupError:
            # It ended a moment ago.
            return


def run(words: List[str], folder: str, variables: Dict[str, str], output: Output, signals: Signals) -> int:
    """The exit code; -N when signal N ended it. Raises OSError when the program cannot be started."""
    reading, writing = os.pipe()
    try:
        try:
            child = subprocess.Popen(
                [encoded(word) for word in words],
                cwd=encoded(folder),
                env={encoded(name): encoded(value) for name, value in variables.items()},
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
            )
        finally:
            os.close(writing)
        signals.lead_to(child.pid)
        _pump(reading, child, output)
        return child.wait()
    finally:
        signals.lead_to(0)
        os.close(reading)


def encoded(text: str) -> bytes:
    """The bytes of a word for the kernel: UTF-8 whatever the locale, and what came from outside as it came."""
    return text.encode("utf-8", "surrogateescape")


def _pump(reading: int, child: "subprocess.Popen[bytes]", output: Output) -> None:
    """Until the pipe is closed, or the program has ended and what it left behind does not close it."""
    deadline = None
    while deadline is None or time.monotonic() < deadline:
        ready, _, _ = select.select([reading], [], [], LOOK)
        if ready:
            chunk = os.read(reading, CHUNK)
            if not chunk:
                output.flush()
                return
            output.feed(chunk)
        _wait_for_orphans(child.pid)
        if deadline is None and child.poll() is not None:
            deadline = time.monotonic() + LEFT_BEHIND
    output.say("The script ended, but a process that it started still holds its output: what that prints is not read.")


def _wait_for_orphans(child: int) -> None:
    """Processes whose parent ended become PID 1's, and stay in the process table until it has waited for them."""
    if os.getpid() != 1:
        return
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        # The program itself is waited for by who started it.
        if ended is None or ended.si_pid == child:
            return
        os.waitpid(ended.si_pid, 0)
