"""Starts stand-ins at once: each is a fork of this process, which has loaded what every one of them needs.

`python stand_ins.py SOCKET`, in the stand-in's folder. Says on its standard output when it is ready. For each
connection to the socket it reads a line of JSON, `{"arguments": […], "environment": {…}}`; the connection is then the
standard output of a new stand-in, and closes when that has ended. When its standard input closes, all of them end.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from sagemaker_local.__main__ import read_arguments
from sagemaker_local.protocol.models import signing_name_of_target
from sagemaker_local.s3.client import s3_client
from sagemaker_local.server.serving import serve


def main() -> None:
    [path] = sys.argv[1:]
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    os.setpgrp()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    load()
    gc.freeze()
    print(path, flush=True)
    ready = selectors.DefaultSelector()
    ready.register(server, selectors.EVENT_READ)
    ready.register(sys.stdin, selectors.EVENT_READ)
    while not any(key.fileobj is sys.stdin for key, _ in ready.select()):
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            ready.close()
            stand_in(connection)
            return
        connection.close()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def load() -> None:
    """What the first requests and the first job need: models of services, which are read once."""
    for service in ("s3", "iam", "sts"):
        get_service_model(service)
    get_service_router("s3")
    signing_name_of_target("")
    s3_client("http://127.0.0.1", "us-east-1")


def stand_in(connection: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection.makefile() as lines:
        asked = json.loads(lines.readline())
    os.environ.clear()
    os.environ.update(asked["environment"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for file, number in ((nothing, 0), (connection.fileno(), 1), (nothing, 2)):
        os.dup2(file, number)
    connection.close()
    serve(read_arguments(asked["arguments"]))


main()
