"""Puts the parts together, serves, and ends without a trace."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any

os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")  # read by moto at import

from moto.moto_server.werkzeug_app import MotoRequestHandler
from urllib3.exceptions import HTTPError
from werkzeug.serving import make_server

from sagemaker_local.buckets import adopt_buckets, make_buckets
from sagemaker_local.containers.choice import Containers
from sagemaker_local.containers.choice import choose as choose_containers
from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.containers.images import JobImages
from sagemaker_local.containers.specification import LABEL
from sagemaker_local.ecr.api import EcrApi
from sagemaker_local.ecr.distribution import Distribution
from sagemaker_local.ecr.images import Images
from sagemaker_local.ecr.registry import Registry
from sagemaker_local.ecr.tokens import Tokens
from sagemaker_local.ecr.training_images import TrainingImages
from sagemaker_local.faults.pace import Pace
from sagemaker_local.faults.register import Faults
from sagemaker_local.front import Front, Operation
from sagemaker_local.iam.judge import Judge
from sagemaker_local.iam.principals import PolicyTimes
from sagemaker_local.iam.simulator import simulate_principal_policy
from sagemaker_local.iam.tokens import TokenIssuer
from sagemaker_local.iam.web_identity import assume_role_with_web_identity
from sagemaker_local.images import ImageError, name_images, named_digest
from sagemaker_local.isolation.choice import choose
from sagemaker_local.logs.agent import Agent
from sagemaker_local.logs.api import LogsApi
from sagemaker_local.logs.store import LogStore
from sagemaker_local.page.site import Page
from sagemaker_local.request_log import RequestLog
from sagemaker_local.s3_server import S3Server
from sagemaker_local.sagemaker.api import SageMakerApi
from sagemaker_local.sagemaker.tagging import TaggingApi
from sagemaker_local.seeding import plant
from sagemaker_local.settings import Settings
from sagemaker_local.side import SideUrl
from sagemaker_local.tls.authority import Authority
from sagemaker_local.tls.proxy import TlsProxy
from sagemaker_local.training.job_run import Training
from sagemaker_local.training.role_sessions import RoleSessions
from sagemaker_local.training.surroundings import Surroundings

_RUNNING = ("jobs", "logs", "objects", "registry")  # folders that mean nothing to another run of the server


_TLS_HANDSHAKE = b"\x16"  # the first byte of a connection that begins with TLS (RFC 8446, section 5.1)
_NO_TLS = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class _QuietHandler(MotoRequestHandler):
    """The request log says what an access log would."""

    rfile: BufferedReader

    def handle_one_request(self) -> None:
        """One that begins with TLS is told in HTTP that there is none: a containerd's engine then asks without."""
        if self.rfile.peek(1)[:1] == _TLS_HANDSHAKE:
            self.wfile.write(_NO_TLS)
            self.close_connection = True
        else:
            super().handle_one_request()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""

    def log_error(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its name
        """Nothing: docker tries TLS before it asks a registry of this machine."""

    def handle_expect_100(self) -> bool:
        """Nothing: werkzeug answers `Expect: 100-continue` itself."""
        return True

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Expect no further request of it."""
        del error, environ
        self.close_connection = True


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; prints one line of JSON, `{"url", …}`, when requests are answered."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    folders = _empty_folders(settings.data)
    tempfile.tempdir = str(folders["objects"])  # where moto spools objects
    isolation = choose(settings.isolation, folders["jobs"])
    sys.stderr.write(f"isolation of jobs: {isolation.kind} ({isolation.reason})\n")

    containers = choose_containers(settings.containers)
    mark = str(settings.data)
    sys.stderr.write(_swept(containers, mark))
    try:
        sys.stderr.write(name_images(Engine(), settings.images))
    except ImageError as error:
        raise SystemExit(f"--images: {error}") from error

    log = RequestLog(settings.data / "requests.jsonl")
    logs = LogStore(folders["logs"])
    pace, faults = Pace(settings.time_scale, settings.log_delay), Faults(settings.faults)
    times = PolicyTimes(lambda role: faults.delay_of_role("policy-not-seen", role))
    judge = Judge(times, everybody=settings.enforce_iam)

    def host() -> str:
        return shared.url.removeprefix("http://").replace("0.0.0.0:", "127.0.0.1:")

    registry, tokens = Registry(folders["registry"], containers.engine, mark), Tokens()
    images = Images(registry)
    training_images = TrainingImages(images, tokens, judge, host)
    shared = Surroundings(
        isolation,
        containers,
        JobImages(containers.engine, training_images.owns, training_images.login) if containers.engine else None,
        mark,
        Agent(logs, pace),
        RoleSessions(),
        pace,
        faults,
        judge,
        TokenIssuer(),
    )
    training = Training(folders["jobs"], shared)
    sagemaker = SageMakerApi(training, training_images.check)
    ecr = EcrApi(images, tokens, faults, host, lambda uri: named_digest(Engine(), settings.images, uri))
    own: dict[str, Mapping[str, Operation]] = {
        "sagemaker": sagemaker.operations(),
        "logs": LogsApi(logs).operations(),
        "tagging": TaggingApi(sagemaker.jobs).operations(),
        "ecr": ecr.operations(),
        "sts": {"AssumeRoleWithWebIdentity": lambda call: assume_role_with_web_identity(shared.tokens, call)},
        "iam": {"SimulatePrincipalPolicy": lambda call: simulate_principal_policy(judge, call)},
    }
    s3 = S3Server(settings.s3_endpoint) if settings.s3_endpoint else None
    side = SideUrl(settings.region, isolation, log, shared, Page(sagemaker.jobs, logs, lambda: shared.url))
    docker = Distribution(images, tokens, settings.region)
    front = Front(settings.region, side, log, own, faults, judge, s3, docker)
    server = make_server(settings.host, settings.port, front, threaded=True, request_handler=_QuietHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    shared.url = shared.tokens.url = f"http://{settings.host}:{server.port}"
    proxy = _tls_proxy(settings, server.port) if settings.tls_port is not None else None
    if proxy:
        shared.tls = proxy.client_settings()

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    if s3:
        adopt_buckets(settings.region, _buckets_of(s3))
    make_buckets(settings.region, settings.strangers, settings.elsewhere)
    plant(settings.seeds, shared.url, settings.region)
    told: dict[str, object] = {
        "url": shared.url,
        "isolation": isolation.kind,
        "region": settings.region,
        "pid": os.getpid(),
    }
    if shared.tls:
        told["tls"] = shared.tls.told()
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()

    ended.wait()
    training.close()
    if proxy:
        proxy.close()
    server.shutdown()
    registry.close()
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)


def _swept(containers: Containers, mark: str) -> str:
    """How jobs run, in a line; what a killed server of this mark left in the engine is removed."""
    if containers.engine:
        try:
            containers.engine.remove_labelled(f"{LABEL}={mark}")
        except EngineError as error:
            return f"containers of jobs: {containers.reason}; what a server before left is not removed: {error}\n"
    return f"containers of jobs: {containers.reason}\n"


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
    (data / "requests.jsonl").touch()
    return folders
