"""The server's hold on one running instance."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from sagemaker_local.isolation import supervisors
from sagemaker_local.isolation.orders import KILL, TERMINATE


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


class Instance:
    """Starts at once; `output` is the standard output and error of all its processes."""

    def __init__(self, spec: Runnable) -> None:
        folder = Path(spec.folder)
        file = folder / "specification.json"
        spec.save(file)
        self._fault = folder / "fault.txt"
        with self._fault.open("wb") as fault:
            self._supervisor = supervisors.start(spec.supervisor, file, fault.fileno(), elevated=spec.elevated)

    @property
    def output(self) -> IO[bytes]:
        """What the instance prints, unbuffered."""
        return self._supervisor.output

    def terminate(self) -> None:
        """SIGTERM to the first process of the instance; nothing once it ended."""
        self._order(TERMINATE)

    def kill(self) -> None:
        """SIGKILL to all its processes; nothing once they ended."""
        self._order(KILL)

    def wait(self, seconds: float | None = None) -> int:
        """The exit code. Raises TimeoutError."""
        try:
            return self._supervisor.wait(seconds)
        except TimeoutError as error:
            raise TimeoutError(f"an instance did not end within {seconds} s") from error

    def fault(self) -> str:
        """What kept the command from being started; empty if nothing did."""
        return self._fault.read_text(errors="replace")

    def close(self) -> None:
        """Let go of its pipes, once it ended and its output is read."""
        for pipe in (self._supervisor.orders, self._supervisor.output):
            with suppress(BrokenPipeError):
                pipe.close()

    def _order(self, order: bytes) -> None:
        with suppress(BrokenPipeError, ValueError):  # ValueError: closed
            self._supervisor.orders.write(order)
