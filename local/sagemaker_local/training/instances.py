"""What an instance of a job is to run, and in which surroundings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker_local.isolation.choice import Isolation
from sagemaker_local.isolation.instance import Runnable
from sagemaker_local.isolation.network import Network
from sagemaker_local.isolation.specification import Specification
from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.tls.client_settings import ClientSettings
from sagemaker_local.training.environment import checkpoint_path, instance_environment
from sagemaker_local.training.host import Host
from sagemaker_local.training.script_mode import script_mode_command

LONGEST_JOB = 29 * 86_400  # a job may run 28 days (SageMaker quotas), and its sessions last to the end


@dataclass(frozen=True)
class HostSpecification:
    """The instance, and where it sees its checkpoints."""

    instance: Runnable
    checkpoint_path: str


def specification(
    job: TrainingJob,
    host: Host,
    isolation: Isolation,
    *,
    url: str,
    credentials: str,
    network: Network | None,
    server: Mapping[str, str],
    tls: ClientSettings | None,
) -> HostSpecification:
    """One host's. `credentials` is the token of the role's session, `network` its own,
    `server` the server's own environment.
    """
    isolated = isolation.kind != "none"
    state = checkpoint_path(job, host, isolated=isolated)
    binds = {
        str(host.base): "/opt/ml",
        str(host.temporary): "/tmp",  # noqa: S108 - the instance's own
        str(host.hosts_file): "/etc/hosts",
        str(host.state): state,  # last: the default lies in /opt/ml
    }
    if tls:  # they may lie below /tmp, which is the instance's own
        binds |= {str(file): str(file) for file in (tls.ca, tls.bundle)}
    algorithm = job.request["AlgorithmSpecification"]
    entry_point = algorithm.get("ContainerEntrypoint")
    environment = instance_environment(
        job,
        host,
        url=url,
        credentials_path=f"/_local/credentials/{credentials}",
        isolated=isolated,
        server=server,
        tls=tls.environment() if tls else {},
    )
    spec = Specification(
        kind=isolation.kind,
        folder=str(host.folder),
        command=[*(entry_point or script_mode_command()), *algorithm.get("ContainerArguments", [])],
        environment=environment,
        host_name=host.name,
        binds=binds if isolated else {},
        owner=(os.getuid(), os.getgid()),
        network=network,
    )
    return HostSpecification(spec, state)
