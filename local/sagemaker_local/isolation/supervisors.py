"""Starts supervisors: forks of one process of the server's (starter.py), and by `sudo` a process of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Protocol

_PACKAGE_PARENT = Path(__file__).parents[2]
_STARTER = "sagemaker_local.isolation.starter"
_BOOT = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "sys.exit(importlib.import_module(sys.argv[2]).main(sys.argv[3]))"
)


class Supervisor(Protocol):
    """One at work."""

    @property
    def orders(self) -> IO[bytes]:
        """Its standard input, unbuffered: see orders.py."""

    @property
    def output(self) -> IO[bytes]:
        """Its standard output, unbuffered."""

    def wait(self, seconds: float | None = None) -> int:
        """The exit code, once it has ended and what it forked; -9 if it was killed. Raises TimeoutError."""


def start(module: str, argument: Path, errors: int, *, elevated: bool = False) -> Supervisor:
    """Run a module's `main(ARGUMENT)`; `errors` is its standard error, which the caller may close then.

    It is to have a session of its own. The standard library is all that it has. `elevated`: by `sudo`.
    """
    return _Elevated(module, argument, errors) if elevated else _Forked(module, argument, errors)


def prepare() -> None:
    """Have the starter ready, which else starts with the first supervisor."""
    _starter.get()


class _Starter:
    """Started when it is first asked for, and again should it have been killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: socket.socket | None = None

    def get(self) -> socket.socket:
        """Where it gets its messages."""
        with self._lock:
            if self._messages is None:
                self._messages = self._start()
            return self._messages

    def send(self, module: str, descriptors: list[int]) -> None:
        """One message."""
        try:
            socket.send_fds(self.get(), [module.encode()], descriptors)
        except OSError:  # nobody reads them
            with self._lock:
                self._messages = None
            socket.send_fds(self.get(), [module.encode()], descriptors)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with theirs:
            self._process = subprocess.Popen(
                _command(_STARTER, str(theirs.fileno())),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return ours


_starter = _Starter()


class _Forked:
    """A fork of the starter."""

    def __init__(self, module: str, argument: Path, errors: int) -> None:
        with ExitStack() as theirs:
            read_orders, write_orders = os.pipe()
            theirs.callback(os.close, read_orders)
            self.orders: IO[bytes] = os.fdopen(write_orders, "wb", buffering=0)
            read_output, write_output = os.pipe()
            theirs.callback(os.close, write_output)
            self.output: IO[bytes] = os.fdopen(read_output, "rb", buffering=0)
            self._connection, other = socket.socketpair()
            theirs.enter_context(other)
            _starter.send(module, [read_orders, write_output, errors, other.fileno()])
        asked = {"argument": str(argument), "folder": str(Path.cwd()), "environment": dict(os.environ)}
        with suppress(ConnectionError):  # `wait` says that it has ended
            self._connection.sendall(json.dumps(asked).encode() + b"\n")
        self._said = b""
        self._ended = False
        self._lock = threading.Lock()

    def wait(self, seconds: float | None = None) -> int:
        deadline = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            while not self._ended:
                self._connection.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
                block = self._connection.recv(64)
                self._said += block
                self._ended = not block
            self._connection.close()
        match self._said.split():
            case [_, code]:
                return int(code)
            case [pid]:
                _kill_group(int(pid))
        return -signal.SIGKILL


class _Elevated:
    """A process of root's."""

    def __init__(self, module: str, argument: Path, errors: int) -> None:
        self._process = subprocess.Popen(
            ["sudo", "-n", "--", *_command(module, str(argument))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout  # noqa: S101 - Popen was asked for pipes
        self.orders: IO[bytes] = self._process.stdin
        self.output: IO[bytes] = self._process.stdout

    def wait(self, seconds: float | None = None) -> int:
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
        if code < 0:
            _kill_group(self._process.pid)
        return code


def _command(module: str, argument: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-B", "-c", _BOOT, str(_PACKAGE_PARENT), module, argument]


def _kill_group(pid: int) -> None:
    """Let nothing of the group survive of a supervisor that was killed itself."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
