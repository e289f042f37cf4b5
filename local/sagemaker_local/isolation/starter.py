"""A process of which supervisors are forks: it has loaded what they need, so one starts in 3 ms, and not in 45.

Run as `python -I -S -B -c BOOT PACKAGE_PARENT MODULE NUMBER`, NUMBER that of a socket. A message there is the name of a
supervisor's module, with four descriptors: the supervisor's standard input, output and error, and a connection. On that
the server says what else there is to know, a line of JSON, `{"argument", "folder", "environment"}`; the supervisor
answers by its PID and then its exit code, a line each. It has ended, and all its forks have, when the connection does.
The starter ends when its own standard input does: with the last server that can write there.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from sagemaker_local.isolation.orders import obey_orders_only

_DESCRIPTORS = 4
_NAME_BYTES = 256
_BLOCK = 1 << 16


def main(number: str) -> int:
    """Start supervisors until standard input ends; the exit code."""
    obey_orders_only()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel lets them go (manual: sigaction(2))
    messages = socket.socket(fileno=int(number))
    gc.freeze()
    while messages.fileno() in select.select([messages.fileno(), 0], [], [])[0]:
        name, descriptors, _, _ = socket.recv_fds(messages, _NAME_BYTES, _DESCRIPTORS)
        module = importlib.import_module(name.decode())  # here, once for all its forks
        if os.fork() == 0:
            try:
                messages.close()
                _become_supervisor(module.main, descriptors)
            finally:
                os._exit(1)  # no fork may return
        for descriptor in descriptors:
            os.close(descriptor)
    return 0


def _become_supervisor(supervise: Callable[[str], int], descriptors: list[int]) -> NoReturn:
    """The child."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.set_inheritable(descriptors[3], False)
    connection = socket.socket(fileno=descriptors[3])
    code = 1
    try:
        asked = json.loads(_line(connection))
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        connection.sendall(f"{os.getpid()}\n".encode())
        code = supervise(asked["argument"])
    except BaseException:  # noqa: BLE001 - whatever it is, it must be printed
        sys.__excepthook__(*sys.exc_info())
    with suppress(OSError):  # nobody reads any more
        sys.stdout.flush()
        connection.sendall(f"{code}\n".encode())
    os._exit(code)


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        block = connection.recv(_BLOCK)
        if not block:
            raise ConnectionError("the server ended")
        line += block
    return line
