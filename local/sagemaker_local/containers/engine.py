"""The Docker engine, by the docker command: it knows DOCKER_HOST, contexts and whatever else leads to an engine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

_ENGINE_SECONDS = 60
PULL_SECONDS = 1800
_ABSENT = "no docker command"


class EngineError(Exception):
    """What the engine says to a command that failed; `code` is the command's exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Engine:
    """`environment`: what the docker command gets beyond the server's own, as DOCKER_CONFIG."""

    environment: Mapping[str, str] = field(default_factory=dict)

    def refusal(self) -> str:
        """Why there is no engine; empty where there is one."""
        try:
            self.run("version", "--format", "{{.Server.Version}}")
        except EngineError as error:
            return str(error).splitlines()[-1]
        return ""

    def run(self, *arguments: str, text: str | None = None, seconds: float = _ENGINE_SECONDS) -> str:
        """The output of `docker ARGUMENTS`, which reads `text`. Raises EngineError."""
        command = shutil.which("docker")
        if command is None:
            raise EngineError(_ABSENT)
        try:
            ran = subprocess.run(
                [command, *arguments],
                input=text or "",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                env={**os.environ, **self.environment},
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"docker {arguments[0]}: no answer within {seconds:.0f} s") from error
        except OSError as error:
            raise EngineError(f"docker {arguments[0]}: {error}") from error
        if ran.returncode != 0:
            raise EngineError(
                ran.stderr.strip() or f"docker {arguments[0]}: exit code {ran.returncode}", ran.returncode
            )
        return ran.stdout

    def image_id(self, image: str) -> str | None:
        """`sha256:…` of an image that the engine has, None of another."""
        try:
            return self.run("image", "inspect", "--format", "{{.Id}}", "--", image).strip()
        except EngineError:
            return None

    def pull(self, image: str) -> None:
        """Pull an image. Raises EngineError."""
        self.run("pull", "--quiet", "--", image, seconds=PULL_SECONDS)
