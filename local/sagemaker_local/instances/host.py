"""One instance's folders: what is `/opt/ml`, the checkpoint path and `/tmp` in it.

FOLDER/opt/ml/{input/{config,data},model,output/{data,metrics/sagemaker,profiler}}
FOLDER/{state,tmp,hosts}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TREE = ("input/config", "input/data", "model", "output/data", "output/metrics/sagemaker", "output/profiler")


@dataclass(frozen=True)
class Host:
    """`name` is `algo-N`, `folder` the instance's own on this machine."""

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

    def left(self, *names: str) -> Path | None:
        """A file or folder below `base` that the instance left there, None where it is a link, or behind one.

        A link means something else to the instance, which may see other files, than it does here.
        """
        path = self.base.joinpath(*names)
        return path if path.exists() and path.resolve() == self.base.resolve().joinpath(*names) else None

    def make(self, hosts_text: str) -> None:
        """Make the folders, empty."""
        for name in _TREE:
            (self.base / name).mkdir(parents=True)
        self.state.mkdir()
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        self.hosts_file.write_text(hosts_text)

    def open_to_all(self) -> None:
        """Let any user write in them: an image can name its own. (assumed)"""
        for folder in (self.base, self.state, *(path for path in self.base.rglob("*") if path.is_dir())):
            folder.chmod(0o777)


def host_addresses(names: list[str], number: int, *, networks: bool) -> dict[str, str]:
    """An address for each host of the job of this number.

    In networks of their own one of 198.18.0.0/15, which nobody routes (RFC 2544), else one of the machine's loopback.
    """
    prefix = f"198.{18 + number // 256 % 2}" if networks else "127.0"
    return {name: f"{prefix}.{number % 256}.{host + 2}" for host, name in enumerate(names)}


def hosts_text(addresses: Mapping[str, str]) -> str:
    """`/etc/hosts`: each instance by its name, then the machine's lines."""
    lines = [f"{address} {name}\n" for name, address in addresses.items()]
    machine = Path("/etc/hosts")
    return "127.0.0.1 localhost\n" + "".join(lines) + (machine.read_text() if machine.exists() else "")
