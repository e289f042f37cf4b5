"""What is to run as one instance, as the server writes it for the instance's supervisor (a JSON file, mode 0600)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from sagemaker_local.isolation.network import Network


class Specification(NamedTuple):
    """One instance.

    `kind`: `root` and `sudo` make namespaces as root, `user` in a user namespace, `none` makes none.
    `binds`: folders of the machine and where the instance sees them. `owner`: uid and gid that files go back to.
    `network`: its own, None to share the machine's.
    """

    kind: str
    folder: str
    command: list[str]
    environment: dict[str, str]
    host_name: str
    binds: dict[str, str]
    owner: tuple[int, int]
    network: Network | None

    @property
    def supervisor(self) -> str:
        """The module whose `main` runs it."""
        return "sagemaker_local.isolation.supervisor"

    @property
    def elevated(self) -> bool:
        """Whether it takes `sudo`."""
        return self.kind == "sudo"

    def save(self, path: Path) -> None:
        """Write it, readable by nobody else: the environment holds credentials."""
        path.touch(mode=0o600)
        network = self.network and self.network._asdict()
        path.write_text(json.dumps({**self._asdict(), "network": network}))


def load(path: Path) -> Specification:
    """The specification in a file."""
    read = json.loads(path.read_text())
    network = Network(**read.pop("network")) if read["network"] else read.pop("network")
    return Specification(**read, network=network)
