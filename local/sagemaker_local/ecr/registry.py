"""The registry that has what is in the images: a process of its own, started at the first need.

It is Debian's `docker-registry` or `registry` (distribution) of the server's PATH; it listens on a socket in a folder
that only the server's user enters, so nobody comes past ECR. Its configuration: distribution,
`docs/content/about/configuration.md`. It ends with the server, however that ends: its supervisor sees to it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from moto.ecr.models import Repository

from sagemaker_local.errors import ServiceError
from sagemaker_local.isolation.instance import Instance
from sagemaker_local.isolation.specification import Specification

_PROGRAMS = ("docker-registry", "registry")
_SOCKET = "registry.sock"
_START_SECONDS = 20.0
_ANSWER_SECONDS = 300.0
_LOG_CHARACTERS = 500
MISSING = (
    "The images of ECR need a registry, and there is none here: install Debian's docker-registry "
    "(apt-get install docker-registry), or put a `registry` of https://github.com/distribution/distribution on PATH."
)
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
    """Runs in a folder, which is there and empty. Safe for many threads."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o700)
        self._folder = folder
        self._lock = threading.Lock()
        self._instance: Instance | None = None

    def check(self) -> None:
        """Raise ServiceError ServerException where no registry can be had."""
        if not _program():
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
        instance = Instance(
            Specification(
                kind="none",
                folder=str(self._folder),
                command=["sh", "-c", f"exec {_program()} serve config.yml > log.txt 2>&1"],
                environment={"PATH": os.environ.get("PATH", os.defpath)},
                host_name="registry",
                binds={},
                owner=(os.getuid(), os.getgid()),
                network=None,
            )
        )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and not instance.ended:
            if self._answers():
                return instance
            time.sleep(0.05)
        instance.kill()
        told = (self._folder / "log.txt").read_text(errors="replace") if instance.ended else "it does not answer"
        raise failure(f"The registry does not start: {told[-_LOG_CHARACTERS:]}")

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
