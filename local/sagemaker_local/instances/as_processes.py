"""A job's instances as processes of this machine, each apart from the others as far as the machine allows."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sagemaker_local.instances.environment import checkpoint_path, process_environment
from sagemaker_local.instances.host import Host
from sagemaker_local.instances.outcome import Unrunnable
from sagemaker_local.instances.place import HostSpecification, Place
from sagemaker_local.instances.script_mode import script_mode_command
from sagemaker_local.isolation.choice import Isolation
from sagemaker_local.isolation.network import Network
from sagemaker_local.isolation.specification import Specification
from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.sts.role_sessions import RoleSessions
from sagemaker_local.tls.client_settings import ClientSettings


@contextmanager
def as_processes(
    job: TrainingJob,
    isolation: Isolation,
    addresses: Mapping[str, str],
    folder: Path,
    *,
    sessions: RoleSessions,
    url: str,
    tls: ClientSettings | None,
) -> Iterator[Place]:
    """Hosts of these addresses, whose networks meet in `folder`; the role's session ends with them. Raises Unrunnable.

    `url`: the server's own; `tls` leads to AWS's names.
    """
    _check_entry_point(job)
    token = sessions.open(job.request["RoleArn"], job.region)
    isolated = isolation.kind != "none"
    meeting_port = None if isolated else _free_port()
    algorithm = job.request["AlgorithmSpecification"]
    entry_point = algorithm.get("ContainerEntrypoint") or script_mode_command()

    def specify(host: Host) -> HostSpecification:
        state = checkpoint_path(job, host, isolated=isolated)
        environment = process_environment(
            job,
            host,
            url=url,
            credentials_path=f"/_local/credentials/{token}",
            meeting_port=meeting_port,
            server=os.environ,
            tls=tls.environment() if tls else {},
        )
        spec = Specification(
            kind=isolation.kind,
            folder=str(host.folder),
            command=[*entry_point, *algorithm.get("ContainerArguments", [])],
            environment=environment,
            host_name=host.name,
            binds=_binds(host, state, tls) if isolated else {},
            owner=(os.getuid(), os.getgid()),
            network=_network(job, host, addresses, folder) if isolation.networks else None,
        )
        return HostSpecification(spec, state)

    try:
        yield Place(isolation.interface, specify)
    finally:
        sessions.close(token)


def _binds(host: Host, state: str, tls: ClientSettings | None) -> dict[str, str]:
    """Folders and files of the machine, and where the instance sees them."""
    binds = {
        str(host.base): "/opt/ml",
        str(host.temporary): "/tmp",  # noqa: S108 - the instance's own
        str(host.hosts_file): "/etc/hosts",
        str(host.state): state,  # after /opt/ml: the default is in it
    }
    if tls:  # they may be below /tmp, which is the instance's own
        binds |= {str(file): str(file) for file in (tls.ca, tls.bundle)}
    return binds


def _free_port() -> int:
    """One of the loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _network(job: TrainingJob, host: Host, addresses: Mapping[str, str], folder: Path) -> Network:
    """A host's own."""
    meeting = folder / "network"
    meeting.mkdir(mode=0o700, exist_ok=True)
    peers = {name: address for name, address in addresses.items() if name != host.name}
    return Network(host.name, addresses[host.name], peers, str(meeting), bool(job.request["EnableNetworkIsolation"]))


def _check_entry_point(job: TrainingJob) -> None:
    """A process can stand in for a command, or for AWS's training toolkit; not for what only an image has."""
    named = (
        "ContainerEntrypoint" in job.request["AlgorithmSpecification"]
        or "sagemaker_program" in job.request.get("HyperParameters", {})
        or "SAGEMAKER_PROGRAM" in job.request.get("Environment", {})
    )
    if not named:
        image = job.request["AlgorithmSpecification"].get("TrainingImage", "")
        raise Unrunnable(
            "ClientError: The job has neither ContainerEntrypoint nor the hyperparameter sagemaker_program, so the "
            f"image {image} starts by its own entry point. That needs a Docker engine on this machine, and the image "
            "in the engine or in a registry."
        )
