"""What is to run as one instance in a container, as the server writes it for the supervisor (JSON, mode 0600)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

LABEL = "sagemaker-local"  # of every container and network; its value is the server's data folder
JOB_LABEL = "sagemaker-local.job"


@dataclass(frozen=True)
class ContainerSpecification:
    """One container of the engine at `engine`.

    `entry_point`: the image's own where it is None. `network`: one of users, with an `address` there and
    those of `peers` by name. `binds`: folders of the machine
    and where the container sees them. `owner`: uid and gid that files in `folder` go back to.
    """

    engine: str
    name: str
    image: str
    folder: str
    entry_point: list[str] | None
    arguments: list[str]
    environment: dict[str, str]
    host_name: str
    network: str
    labels: dict[str, str]
    binds: dict[str, str]
    owner: tuple[int, int]
    address: str
    peers: Mapping[str, str]

    @property
    def supervisor(self) -> str:
        """The module whose `main` runs it."""
        return "sagemaker_local.containers.supervisor"

    @property
    def elevated(self) -> bool:
        """Whether it takes `sudo`."""
        return False

    def save(self, path: Path) -> None:
        """Write it, readable by nobody else: the environment holds credentials."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))


def load(path: Path) -> ContainerSpecification:
    """The specification in a file."""
    return ContainerSpecification(**json.loads(path.read_text()))
