"""Where a job's instances run in containers, one each, in a network of the job's own."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.containers.keeper import Wish
from sagemaker_local.containers.network import JobNetwork
from sagemaker_local.containers.specification import JOB_LABEL, LABEL, ContainerSpecification
from sagemaker_local.instances.environment import checkpoint_path, container_environment
from sagemaker_local.instances.host import Host
from sagemaker_local.instances.outcome import Unrunnable
from sagemaker_local.instances.place import LONGEST_JOB, HostSpecification, Place
from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.sts.sessions import assume
from sagemaker_local.tls.client_settings import ClientSettings

_INTERFACE = "eth0"
_TRAIN = ["train"]  # (developer guide, "How Amazon SageMaker runs your training image")


@contextmanager
def in_containers(
    job: TrainingJob, engine: Engine, folder: Path, *, mark: str, url: str, tls: ClientSettings | None
) -> Iterator[Place]:
    """The network, whose keeper works in `folder`, ends with the job. Raises Unrunnable.

    `mark`: the server's, on all that the engine holds for it; `url`: the server's own; `tls` leads to AWS's names.
    """
    isolated = bool(job.request["EnableNetworkIsolation"])
    number = secrets.token_hex(8)
    labels = {LABEL: mark, JOB_LABEL: number}
    ports = [_port(each) for each in (url, tls.proxy if tls else "") if each]
    wish = Wish(engine.host, f"{LABEL}-{number}", labels, f"{JOB_LABEL}={number}", isolated, job.hosts, ports)
    try:
        network = JobNetwork(wish, folder)
    except EngineError as error:
        raise Unrunnable(f"InternalServerError: the job's network could not be made: {error}") from error
    try:
        if network.trouble:
            sys.stderr.write(f"{job.name}: {network.trouble}\n")
        reached = network.reached.get(_port(url))
        reached_tls = _tls(tls, network)
        # Such a container gets no credentials (developer guide, "Run training containers in internet-free mode").
        credentials = None if isolated else assume(job.request["RoleArn"], "SageMaker", job.region, seconds=LONGEST_JOB)
        environment = container_environment(
            job,
            reached=reached,
            credentials=credentials,
            tls=reached_tls.environment() if reached_tls else {},
            server=os.environ,
        )

        def specify(host: Host) -> HostSpecification:
            state = checkpoint_path(job, host, isolated=True)
            algorithm = job.request["AlgorithmSpecification"]
            entry_point = algorithm.get("ContainerEntrypoint")
            host.open_to_all()
            spec = ContainerSpecification(
                engine=engine.host,
                name=f"{wish.network}-{host.name}",
                image=algorithm["TrainingImage"],
                folder=str(host.folder),
                entry_point=entry_point,
                arguments=algorithm.get("ContainerArguments", [] if entry_point else _TRAIN),
                environment=environment,
                host_name=host.name,
                network=wish.network,
                address=network.addresses[host.name],
                peers={name: address for name, address in network.addresses.items() if name != host.name},
                labels=labels,
                binds={
                    str(host.base): "/opt/ml",
                    **({str(file): str(file) for file in (reached_tls.ca, reached_tls.bundle)} if reached_tls else {}),
                    str(host.state): state,  # last: the default is in /opt/ml
                },
                owner=(os.getuid(), os.getgid()),
            )
            return HostSpecification(spec, state)

        yield Place(_INTERFACE, specify)
    finally:
        network.close()


def _tls(tls: ClientSettings | None, network: JobNetwork) -> ClientSettings | None:
    """As it is reached in there; None where it is not."""
    reached = network.reached.get(_port(tls.proxy)) if tls else None
    return replace(tls, proxy=f"http://{reached}") if tls and reached else None


def _port(url: str) -> int:
    return urlsplit(url).port or 80
