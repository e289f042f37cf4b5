"""What the jobs of a server share."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_local.containers.choice import Containers
from sagemaker_local.containers.images import JobImages
from sagemaker_local.faults.pace import Pace
from sagemaker_local.faults.register import Faults
from sagemaker_local.iam.judge import Judge
from sagemaker_local.iam.tokens import TokenIssuer
from sagemaker_local.isolation.choice import Isolation
from sagemaker_local.logs.agent import Agent
from sagemaker_local.tls.client_settings import ClientSettings
from sagemaker_local.training.role_sessions import RoleSessions


@dataclass
class Surroundings:
    """`images` is there where there are containers; `mark` is of this server, on all that the engine holds for it.

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
    tokens: TokenIssuer
    url: str = ""
    tls: ClientSettings | None = None
