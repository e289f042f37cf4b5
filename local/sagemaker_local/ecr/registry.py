"""The registry that has what is in the images: a process of its own, started at the first need.

It is Debian's `docker-registry` or `registry` (distribution) of the server's PATH, else the image of the latter in a
container. It listens on a socket in a folder that only the server's user enters, so nobody comes past ECR. Its
configuration: distribution, `docs/content/about/configuration.md`. It ends with the server, however that ends: its
supervisor sees to it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from moto.ecr.models import Repository

from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.containers.pulling import pull
from sagemaker_local.containers.specification import JOB_LABEL, LABEL, ContainerSpecification
from sagemaker_local.errors import ServiceError
from sagemaker_local.isolation.instance import Instance
from sagemaker_local.isolation.specification import Specification

_PROGRAMS = ("docker-registry", "registry")
_SOCKET, _LOG = "registry.sock", "log.txt"
_START_SECONDS = 20.0
_ANSWER_SECONDS = 300.0
_LOG_CHARACTERS = 500
MISSING = (
    "The images of ECR need a registry, and there is none here: install Debian's docker-registry "
    "(apt-get install docker-registry), put a `registry` of https://github.com/distribution/distribution on PATH, or "
    "have a Docker engine run."
)
_IMAGE, _INSIDE = "registry:2", "/registry"
_CONFIGURATION = {
    "version": "0.1",
    "log": {"level": "warn", "accesslog": {"disabled": True}},
    "storage": {"filesystem": {"rootdirectory": "storage"}, "delete": {"enabled": True}},
    "http": {"net": "unix", "addr": _SOCKET, "relativeurls": True},
}


class _Connection(HTTPConnection):
    """To a socket in a folder, however long the folder's path is (unix(7): 107 bytes)."""

    def __init__(self, folder: Path) -> None:
        super().__init__("registry", timeout=_ANSWER_SECONDS)
        self._folder = folder

    def connect(self) -> None:
        """As HTTPConnection's."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        if sys.platform != "linux":
            self.sock.connect(str(self._folder / _SOCKET))
            return
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sock.connect(f"/proc/self/fd/{folder}/{_SOCKET}")
        finally:
            os.close(folder)


class Registry:
    """Runs in a folder, which is there and empty, if need be by an engine, marked there. Safe for many threads."""

    def __init__(self, folder: Path, engine: Engine | None, mark: str) -> None:
        folder.chmod(0o700)
        self._folder = folder
        self._engine = engine
        self._mark = mark
        self._lock = threading.Lock()
        self._instance: Instance | None = None

    def check(self) -> None:
        """Raise ServiceError ServerException where no registry can be had."""
        if not (_program() or self._engine):
            raise failure(MISSING)

    def connect(self) -> HTTPConnection:
        """A connection to the registry, which runs then. Raises ServiceError ServerException."""
        self.check()
        with self._lock:
            if self._instance is None:
                self._instance = self._start()
        return _Connection(self._folder)

    def path(self, repository: Repository, rest: str) -> str:
        """What ECR serves at `/v2/NAME/REST` is there for each account and region."""
        return f"/v2/{repository.registry_id}/{repository.region_name}/{repository.name}/{rest}"

    def send(
        self, method: str, repository: Repository, rest: str, body: bytes = b"", media_type: str = ""
    ) -> tuple[int, str]:
        """Status and body of a short answer. Raises ServiceError ServerException."""
        connection = self.connect()
        try:
            headers = {"Content-Type": media_type} if media_type else {}
            connection.request(method, self.path(repository, rest), body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, HTTPException) as error:
            raise failure(f"The registry does not answer: {error}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """End it."""
        with self._lock:
            if self._instance:
                self._instance.kill()
                self._instance.wait()
                self._instance.close()

    def _start(self) -> Instance:
        (self._folder / "config.yml").write_text(json.dumps(_CONFIGURATION))  # JSON is YAML
        program = _program()
        instance = Instance(self._as_process(program) if program else self._in_container())
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and not instance.ended:
            if self._answers():
                return instance
            time.sleep(0.05)
        told = f"{instance.fault()}{self._log()}" if instance.ended else "it does not answer"
        instance.kill()
        instance.wait()
        instance.close()
        raise failure(f"The registry does not start: {told[-_LOG_CHARACTERS:]}")

    def _as_process(self, program: str) -> Specification:
        return Specification(
            kind="none",
            folder=str(self._folder),
            command=["sh", "-c", f"exec {program} serve config.yml > {_LOG} 2>&1"],
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            host_name="registry",
            binds={},
            owner=(os.getuid(), os.getgid()),
            network=None,
        )

    def _in_container(self) -> ContainerSpecification:
        engine = self._engine
        if engine is None:
            raise failure(MISSING)
        if engine.image_id(_IMAGE) is None:
            try:
                pull(engine, _IMAGE, self._folder / "pull")
            except EngineError as error:
                raise failure(f"{MISSING} The image {_IMAGE} cannot be pulled: {error}") from error
        number = secrets.token_hex(8)
        return ContainerSpecification(
            engine=engine.host,
            name=f"{LABEL}-registry-{number}",
            image=_IMAGE,
            folder=str(self._folder),
            entry_point=["sh", "-c"],
            arguments=[f"exec registry serve config.yml > {_LOG} 2>&1"],
            environment={"OTEL_TRACES_EXPORTER": "none"},  # of distribution 3, which else looks for a collector
            host_name="registry",
            network="none",
            labels={LABEL: self._mark, JOB_LABEL: number},
            binds={str(self._folder): _INSIDE},
            owner=(os.getuid(), os.getgid()),
            user=f"{os.getuid()}:{os.getgid()}",
            work_folder=_INSIDE,
        )

    def _log(self) -> str:
        file = self._folder / _LOG
        return file.read_text(errors="replace") if file.exists() else ""

    def _answers(self) -> bool:
        connection = _Connection(self._folder)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def _program() -> str | None:
    return next((name for name in _PROGRAMS if shutil.which(name)), None)


def failure(text: str) -> ServiceError:
    """What ECR says to what it cannot do."""
    return ServiceError("ServerException", text, HTTPStatus.INTERNAL_SERVER_ERROR)
