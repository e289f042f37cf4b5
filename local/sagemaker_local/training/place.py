"""Where a job's instances run: on this machine as processes, each apart from the others as far as it allows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.isolation.network import Network
from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.training.host import Host
from sagemaker_local.training.instances import HostSpecification, specification
from sagemaker_local.training.outcome import Unrunnable
from sagemaker_local.training.surroundings import Surroundings


@dataclass(frozen=True)
class Place:
    """`interface`: the network interface that has a host's address; `specify`: what is to run as a host."""

    interface: str
    specify: Callable[[Host], HostSpecification]


@contextmanager
def as_processes(job: TrainingJob, shared: Surroundings, addresses: Mapping[str, str], folder: Path) -> Iterator[Place]:
    """Hosts of these addresses, which meet in a folder; the role's session ends with them. Raises Unrunnable."""
    _check_entry_point(job)
    token = shared.sessions.open(job.request["RoleArn"], job.region)

    def specify(host: Host) -> HostSpecification:
        return specification(
            job,
            host,
            shared.isolation,
            url=shared.url,
            credentials=token,
            network=_network(job, shared, host, addresses, folder),
            server=os.environ,
            tls=shared.tls,
        )

    try:
        yield Place(shared.isolation.interface, specify)
    finally:
        shared.sessions.close(token)


def _network(
    job: TrainingJob, shared: Surroundings, host: Host, addresses: Mapping[str, str], folder: Path
) -> Network | None:
    """A host's own. None where all share the machine's."""
    if not shared.isolation.networks:
        return None
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
            "ClientError: The job names neither ContainerEntrypoint nor the hyperparameter sagemaker_program, so the "
            f"image's own entry point is to run: that needs a Docker engine here, and the image {image}, which the "
            "engine or a registry must have."
        )
