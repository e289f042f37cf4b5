"""The Docker engine, by the docker command, which knows DOCKER_HOST, contexts and whatever else leads to one.

Of the standard library only: supervisors use it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass

_ENGINE_SECONDS = 60
PULL_SECONDS = 1800
_REMOVAL_SECONDS, _RETRY_SECONDS = 10.0, 0.3
COULD_NOT_START = 125  # (docker run, "Exit status")


class EngineError(Exception):
    """What the engine says to a command that failed."""


@dataclass(frozen=True)
class Engine:
    """`host`: its address, empty for docker to find one; `config`: a folder in place of the user's ~/.docker."""

    host: str = ""
    config: str = ""

    def command(self, *arguments: str) -> list[str]:
        """The words of `docker ARGUMENTS`. Raises EngineError where there is no such command."""
        program = shutil.which("docker")
        if program is None:
            raise EngineError("no docker command")
        named = [("--host", self.host), ("--config", self.config)]
        return [program, *(word for option, value in named if value for word in (option, value)), *arguments]

    def run(
        self,
        *arguments: str,
        seconds: float = _ENGINE_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """The output of `docker ARGUMENTS`, run with `environment` beside the server's own. Raises EngineError."""
        command = self.command(*arguments)
        try:
            ran = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                env={**os.environ, **(environment or {})},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineError(f"docker {arguments[0]}: {error}") from error
        if ran.returncode != 0:
            raise EngineError(ran.stderr.strip() or f"docker {arguments[0]}: exit code {ran.returncode}")
        return ran.stdout

    def refusal(self) -> str:
        """Why there is no engine; empty where there is one."""
        try:
            self.run("version", "--format", "{{.Server.Version}}")
        except EngineError as error:
            return str(error).splitlines()[-1]
        return ""

    def image_id(self, image: str) -> str | None:
        """`sha256:…` of an image that the engine has, None of another."""
        try:
            return self.run("image", "inspect", "--format", "{{.Id}}", "--", image).strip()
        except EngineError:
            return None

    def remove_labelled(self, label: str) -> None:
        """End and remove all containers and networks with a label. Raises EngineError.

        Others may be at the same: a container whose removal is in progress still holds its network.
        """
        deadline = time.monotonic() + _REMOVAL_SECONDS
        while trouble := self._try_to_remove(label):
            if time.monotonic() > deadline:
                raise trouble
            time.sleep(_RETRY_SECONDS)

    def _try_to_remove(self, label: str) -> EngineError | None:
        try:
            self._remove(("ps", "--all"), ("rm", "--force", "--volumes"), label)
            self._remove(("network", "ls"), ("network", "rm"), label)
        except EngineError as error:
            return error
        return None

    def _remove(self, listing: tuple[str, ...], remove: tuple[str, ...], label: str) -> None:
        found = self.run(*listing, "--quiet", "--no-trunc", "--filter", f"label={label}").split()
        if found:
            self.run(*remove, *found)
