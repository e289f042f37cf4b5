"""The images of jobs: the engine has one, or gets it from a registry.

Of our own ECR it is pulled for every job, by a token of the execution role in a Docker configuration of the job's own;
of any other registry as `docker pull` does, once: jobs of an image that cannot be pulled run as processes from then on.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.containers.pulling import pull
from sagemaker_local.instances.outcome import Unrunnable

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
        self._absent: set[str] = set()

    def has(self, image: str, instance_type: str, role: str, region: str, folder: Path, stop: threading.Event) -> bool:
        """Whether the engine has an image by now; `folder` is the job's. It ends early, in vain, when `stop` is set.

        Raises Unrunnable for one of our ECR that cannot be pulled.
        """
        platform = "linux/arm64" if instance_type.startswith(_ARM_INSTANCES) else ""
        scratch = folder / "pull"
        if self._own(image):
            login = replace(self._engine, config=str(self._config(role, region, folder)))
            try:
                pull(login, image, scratch, platform=platform, stop=stop)
            except EngineError as error:
                raise Unrunnable(f"{_CANNOT_PULL} ({_last(error)})") from error
            return True
        if self._engine.image_id(image):
            return True
        if image in self._absent:
            return False
        try:
            pull(self._engine, image, scratch, platform=platform, stop=stop)
        except EngineError as error:
            if not stop.is_set():
                self._absent.add(image)
                sys.stderr.write(f"{image} cannot be pulled, jobs of it run as processes: {_last(error)}\n")
            return False
        return True

    def _config(self, role: str, region: str, folder: Path) -> Path:
        """A folder with docker's configuration, by which it gets into our ECR."""
        host, token = self._login(role, region)
        config = folder / "docker"
        config.mkdir(mode=0o700)
        (config / "config.json").write_text(json.dumps({"auths": {host: {"auth": token}}}))
        return config


def _last(error: EngineError) -> str:
    return str(error).splitlines()[-1]
