"""One instance's folders: what is `/opt/ml`, the checkpoint path and `/tmp` in it.

FOLDER/opt/ml/{input/{config,data},model,output/{data,metrics/sagemaker,profiler}}
FOLDER/{state,tmp,hosts}
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_TREE = ("input/config", "input/data", "model", "output/data", "output/metrics/sagemaker", "output/profiler")


@dataclass(frozen=True)
class Host:
    """`number` counts from 0, so the name is `algo-(number + 1)`."""

    number: int
    name: str
    folder: Path

    @property
    def base(self) -> Path:
        """What the instance sees as `/opt/ml`."""
        return self.folder / "opt" / "ml"

    @property
    def state(self) -> Path:
        """What the instance sees at the checkpoint path."""
        return self.folder / "state"

    @property
    def temporary(self) -> Path:
        """What the instance sees as `/tmp`."""
        return self.folder / "tmp"

    @property
    def hosts_file(self) -> Path:
        """What the instance sees as `/etc/hosts`."""
        return self.folder / "hosts"

    def make(self, hosts_text: str) -> None:
        """Make the folders, empty."""
        for name in _TREE:
            (self.base / name).mkdir(parents=True)
        self.state.mkdir()
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        self.hosts_file.write_text(hosts_text)


def hosts_text(names: list[str], network: int) -> str:
    """`/etc/hosts`: each instance has a loopback address of its own in 127.0.NETWORK.0/24, then the machine's lines."""
    lines = [f"127.0.{network}.{number + 2} {name}\n" for number, name in enumerate(names)]
    machine = Path("/etc/hosts")
    return "127.0.0.1 localhost\n" + "".join(lines) + (machine.read_text() if machine.exists() else "")
