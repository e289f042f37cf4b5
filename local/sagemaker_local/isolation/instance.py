"""The server's hold on one running instance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from sagemaker_local.isolation.orders import KILL, TERMINATE

_PACKAGE_PARENT = Path(__file__).parents[2]
_BOOT = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "sys.exit(importlib.import_module(sys.argv[2]).main(sys.argv[3]))"
)


class Runnable(Protocol):
    """What can be run as an instance: a folder of its own, and a supervisor that reads its file there."""

    @property
    def folder(self) -> str:
        """Of this instance alone."""

    @property
    def host_name(self) -> str:
        """As its peers know it."""

    @property
    def supervisor(self) -> str:
        """The module whose `main(PATH)` runs it and gives the exit code, see isolation/supervisor.py."""

    @property
    def elevated(self) -> bool:
        """Whether the supervisor runs by `sudo`."""

    def save(self, path: Path) -> None:
        """Write it for the supervisor."""


def supervised(module: str, path: Path) -> list[str]:
    """The command that runs a supervisor: the standard library is all that it has."""
    return [sys.executable, "-I", "-S", "-B", "-c", _BOOT, str(_PACKAGE_PARENT), module, str(path)]


class Instance:
    """Starts at once; `output` is the standard output and error of all its processes."""

    def __init__(self, spec: Runnable) -> None:
        folder = Path(spec.folder)
        file = folder / "specification.json"
        spec.save(file)
        self._fault = folder / "fault.txt"
        elevation = ["sudo", "-n", "--"] if spec.elevated else []
        with self._fault.open("wb") as fault:
            self._process = subprocess.Popen(
                [*elevation, *supervised(spec.supervisor, file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=fault,
                bufsize=0,
                start_new_session=True,
            )

    @property
    def output(self) -> IO[bytes]:
        """What the instance prints, unbuffered."""
        assert self._process.stdout is not None  # noqa: S101 - Popen was asked for a pipe
        return self._process.stdout

    def terminate(self) -> None:
        """SIGTERM to the first process of the instance; nothing once it ended."""
        self._order(TERMINATE)

    def kill(self) -> None:
        """SIGKILL to all its processes; nothing once they ended."""
        self._order(KILL)

    def wait(self, seconds: float | None = None) -> int:
        """The exit code. Raises TimeoutError."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"an instance did not end within {seconds} s") from error
        if code < 0:  # the supervisor itself was killed: let nothing of its group survive
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        return code

    def fault(self) -> str:
        """What kept the command from being started; empty if nothing did."""
        return self._fault.read_text(errors="replace")

    def close(self) -> None:
        """Let go of its pipes, once it ended and its output is read."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _order(self, order: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - Popen was asked for a pipe
        with suppress(BrokenPipeError, ValueError):  # ValueError: closed
            self._process.stdin.write(order)
