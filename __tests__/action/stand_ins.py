"""Starts stand-ins at once: each is a fork of this process, which has loaded what every one of them needs.

`python stand_ins.py SOCKET`, in the stand-in's folder. Says on its standard output when it is ready. For each
connection to the socket it reads a line of JSON, `{"arguments": […], "environment": {…}}`, and starts a stand-in. Its
standard output and error are the two files that come with the line; without any, the connection is its standard output.
When it has ended, a line with its exit code comes on the connection, which then closes; as of a subprocess, -9 is a
signal's. When this process's standard input closes, all of them end.
"""

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from sagemaker_local.__main__ import read_arguments
from sagemaker_local.isolation import choice, supervisors
from sagemaker_local.protocol.models import signing_name_of_target
from sagemaker_local.s3.client import s3_client
from sagemaker_local.server import serving


def main() -> None:
    [path] = sys.argv[1:]
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    os.setpgrp()
    load()
    gc.freeze()
    waker, wake = socket.socketpair()
    for end in (waker, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    print(path, flush=True)
    ready = selectors.DefaultSelector()
    for source in (server, sys.stdin, waker):
        ready.register(source, selectors.EVENT_READ)
    connections: dict[int, socket.socket] = {}
    while sys.stdin not in (sources := [key.fileobj for key, _ in ready.select()]):
        if waker in sources:
            waker.recv(4096)
            tell_ends(connections)
        if server in sources:
            connection, _ = server.accept()
            pid = os.fork()
            if pid == 0:
                for other in (server, ready, waker, wake, *connections.values()):
                    other.close()
                stand_in(connection)
                return
            connections[pid] = connection
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def tell_ends(connections: dict[int, socket.socket]) -> None:
    """To those who asked for a stand-in that has ended; they may be gone themselves."""
    for pid in list(connections):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with connections.pop(pid) as connection, contextlib.suppress(OSError):
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def load() -> None:
    """What the first requests and the first job need: models of services, which are read once."""
    for service in ("s3", "iam", "sts"):
        get_service_model(service)
    get_service_router("s3")
    signing_name_of_target("")
    s3_client("http://127.0.0.1", "us-east-1")
    supervisors.prepare()
    with tempfile.TemporaryDirectory() as folder:
        found = choice.choose("auto", Path(folder))

    def choose(wanted: str, scratch: Path) -> choice.Isolation:
        """What this machine allows is the same for all."""
        return found if wanted == "auto" else choice.choose(wanted, scratch)

    serving.choose = choose


def stand_in(connection: socket.socket) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line, files, _, _ = socket.recv_fds(connection, 65536, 2)
    while not line.endswith(b"\n"):
        more = connection.recv(65536)
        if not more:
            return  # who asked has ended
        line += more
    asked = json.loads(line)
    os.environ.clear()
    os.environ.update(asked["environment"])
    nothing = os.open(os.devnull, os.O_RDWR)
    output, errors = files or (connection.fileno(), nothing)
    for file, number in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    connection.close()
    serving.serve(read_arguments(asked["arguments"]))


main()
