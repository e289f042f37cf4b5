"""The images of jobs: the engine has one, or gets it from a registry.

Of our own ECR it is pulled for every job, by a token of the execution role in a Docker configuration of the job's own;
of any other registry as `docker pull` does, once: what could not be had runs as processes from then on.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.training.outcome import Unrunnable

_ARM_INSTANCES = ("ml.p6e-gb200.",)  # of the training types (EC2 instance types: NVIDIA Grace)
# (issue aws/sagemaker-python-sdk 57)
_CANNOT_PULL = (
    "ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect."
)


class JobImages:
    """`own`: whether a name is of our ECR; `login`: its HOST:PORT and a token, for a role in a region."""

    def __init__(
        self, engine: Engine, own: Callable[[str], bool], login: Callable[[str, str], tuple[str, str]]
    ) -> None:
        self._engine = engine
        self._own = own
        self._login = login
        self._lock = threading.Lock()
        self._absent: set[str] = set()

    def has(self, image: str, instance_type: str, role: str, region: str, folder: Path) -> bool:
        """Whether the engine has an image by now; `folder` is the job's. Raises Unrunnable for one of our ECR."""
        platform = "linux/arm64" if instance_type.startswith(_ARM_INSTANCES) else ""
        if self._own(image):
            self._pull_own(image, platform, role, region, folder)
            return True
        if self._engine.image_id(image):
            return True
        with self._lock:
            return image not in self._absent and self._pull(image, platform)

    def _pull(self, image: str, platform: str) -> bool:
        try:
            self._engine.pull(image, platform)
        except EngineError as error:
            self._absent.add(image)
            sys.stderr.write(f"{image} cannot be pulled, jobs of it run as processes: {_last(error)}\n")
            return False
        return True

    def _pull_own(self, image: str, platform: str, role: str, region: str, folder: Path) -> None:
        host, token = self._login(role, region)
        config = folder / "docker"
        config.mkdir(mode=0o700, exist_ok=True)
        (config / "config.json").write_text(json.dumps({"auths": {host: {"auth": token}}}))
        try:
            replace(self._engine, config=str(config)).pull(image, platform)
        except EngineError as error:
            raise Unrunnable(f"{_CANNOT_PULL} ({_last(error)})") from error


def _last(error: EngineError) -> str:
    return str(error).splitlines()[-1]
