"""Whether jobs can run in containers: where there is a Docker engine of this machine, whose files it mounts."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_local.containers.engine import Engine, EngineError

_OF_THIS_MACHINE = "unix://"


@dataclass(frozen=True)
class Containers:
    """`engine`: None where jobs run as processes, for this `reason`."""

    engine: Engine | None
    reason: str


def choose(wanted: str) -> Containers:
    """With `auto` the engine that the docker command finds, with `none` no containers."""
    if wanted == "none":
        return Containers(None, "none asked for")
    try:
        host = Engine().run("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").strip()
        if not host.startswith(_OF_THIS_MACHINE):
            return Containers(None, f"the Docker engine at {host} does not see this machine's files")
        version = Engine(host).run("version", "--format", "{{.Server.Version}}").strip()
    except EngineError as error:
        return Containers(None, f"no Docker engine ({_said(error)})")
    return Containers(Engine(host), f"Docker {version}")


def _said(error: EngineError) -> str:
    """The last line of what the docker command said, without the question that it ends with."""
    return str(error).splitlines()[-1].removesuffix(" Is the docker daemon running?").rstrip(".")
