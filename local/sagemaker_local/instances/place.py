"""Where a job's instances run: as processes of this machine (as_processes.py), or in containers (in_containers.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sagemaker_local.instances.host import Host
from sagemaker_local.isolation.instance import Runnable

LONGEST_JOB = 29 * 86_400  # seconds: a job may run 28 days (SageMaker quotas), and its sessions last to the end


@dataclass(frozen=True)
class HostSpecification:
    """The instance, and where it sees its checkpoints."""

    instance: Runnable
    checkpoint_path: str


@dataclass(frozen=True)
class Place:
    """`interface`: the network interface that has a host's address; `specify`: what is to run as a host."""

    interface: str
    specify: Callable[[Host], HostSpecification]
