"""Serves until SIGTERM or SIGINT, and removes all that it made for this run."""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path

from urllib3.exceptions import HTTPError
from werkzeug.serving import make_server

from sagemaker_local.containers.choice import Containers
from sagemaker_local.containers.choice import choose as choose_containers
from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.containers.named_images import ImageError, name_images
from sagemaker_local.containers.specification import LABEL
from sagemaker_local.isolation.choice import choose
from sagemaker_local.s3.buckets import adopt_buckets, make_buckets
from sagemaker_local.s3.endpoint import S3Server
from sagemaker_local.s3.seeding import plant
from sagemaker_local.server.connection import Connection
from sagemaker_local.server.parts import put_together
from sagemaker_local.server.settings import Settings
from sagemaker_local.tls.authority import Authority
from sagemaker_local.tls.proxy import TlsProxy

_RUNNING = ("jobs", "logs", "objects", "registry")  # folders that mean nothing to another run of the server


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; prints one line of JSON, `{"url", …}`, when requests are answered."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    folders = _empty_folders(settings.data)
    tempfile.tempdir = str(folders["objects"])  # where moto spools objects
    isolation = choose(settings.isolation, folders["jobs"])
    sys.stderr.write(isolation.summary)
    containers = choose_containers(settings.containers)
    sys.stderr.write(_swept(containers, str(settings.data)))
    try:
        sys.stderr.write(name_images(Engine(), settings.images))
    except ImageError as error:
        raise SystemExit(f"--images: {error}") from error

    parts = put_together(settings, folders, isolation, containers)
    gc.freeze()  # all that was loaded stays: a collection that looks through it takes 25 ms
    server = make_server(settings.host, settings.port, parts.front, threaded=True, request_handler=Connection)
    server.daemon_threads = True  # type: ignore[attr-defined]
    url = f"http://{settings.host}:{server.port}"
    parts.listen_at(url)
    proxy = _tls_proxy(settings, server.port) if settings.tls_port is not None else None
    if proxy:
        parts.lead_by(proxy.client_settings())

    end_asked = _listen_for_the_end()
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    if parts.s3:
        adopt_buckets(settings.region, _buckets_of(parts.s3))
    make_buckets(settings.region, settings.strangers, settings.elsewhere)
    plant(settings.seeds, url, settings.region)
    first_line: dict[str, object] = {
        "url": url,
        "isolation": isolation.kind,
        "region": settings.region,
        "pid": os.getpid(),
    }
    if proxy:
        first_line["tls"] = proxy.client_settings().as_json()
    sys.stdout.write(json.dumps(first_line) + "\n")
    sys.stdout.flush()

    os.read(end_asked, 1)
    parts.training.close()
    if proxy:
        proxy.close()
    server.server_close()  # `shutdown` would wait for half a second until the thread looks whether it is to end
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)


def _listen_for_the_end() -> int:
    """A pipe that can be read when SIGTERM or SIGINT has come.

    The kernel may give a signal to any thread, and Python's handlers wait for the first one, which would wait for ever.
    Only what Python writes to a pipe wakes it (Python library reference, signal.set_wakeup_fd).
    """
    end_asked, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return end_asked


def _swept(containers: Containers, mark: str) -> str:
    """How jobs run, in a line; what a killed server of this mark left in the engine is removed."""
    if containers.engine:
        try:
            containers.engine.remove_labelled(f"{LABEL}={mark}")
        except EngineError as error:
            return f"containers of jobs: {containers.reason}; what a server before left is not removed: {error}\n"
    where = "" if containers.engine else "; jobs run as processes"
    return f"containers of jobs: {containers.reason}{where}\n"


def _tls_proxy(settings: Settings, port: int) -> TlsProxy:
    front = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # noqa: S104 - compared, not bound
    proxy = TlsProxy(Authority(settings.data), (front, port), settings.tls_port or 0)
    proxy.start()
    return proxy


def _buckets_of(s3: S3Server) -> list[str]:
    try:
        return s3.buckets()
    except (OSError, HTTPError) as error:
        raise SystemExit(f"--s3-endpoint: {error}") from error


def _empty_folders(data: Path) -> dict[str, Path]:
    folders = {name: data / name for name in _RUNNING}
    for folder in folders.values():
        if folder.exists():
            shutil.rmtree(folder)  # left by a server that was killed
        folder.mkdir(parents=True)
    folders["registry"].chmod(0o700)  # nobody comes past ECR
    (data / "requests.jsonl").touch()
    return folders
