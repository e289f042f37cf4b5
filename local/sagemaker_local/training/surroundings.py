"""What the jobs of a server share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.cloudwatch_logs.agent import Agent
from sagemaker_local.containers.choice import Containers
from sagemaker_local.faults.pace import Pace
from sagemaker_local.faults.register import Faults
from sagemaker_local.iam.judge import Judge
from sagemaker_local.instances.job_images import JobImages
from sagemaker_local.isolation.choice import Isolation
from sagemaker_local.sts.role_sessions import RoleSessions
from sagemaker_local.tls.client_settings import ClientSettings


@dataclass
class Surroundings:
    """`images` is there where there are containers; `mark` is of this server, on all that the engine holds for it.

    `file_systems`: folders that take the place of file systems, by their ids.
    `url` is the server's own, `tls` leads to AWS's names: known once it listens.
    """

    isolation: Isolation
    containers: Containers
    images: JobImages | None
    mark: str
    agent: Agent
    sessions: RoleSessions
    pace: Pace
    faults: Faults
    judge: Judge
    file_systems: Mapping[str, Path]
    url: str = ""
    tls: ClientSettings | None = None

    @property
    def host(self) -> str:
        """`HOST:PORT` of the server, by which the names of its ECR's images begin."""
        return self.url.removeprefix("http://").replace("0.0.0.0:", "127.0.0.1:")
