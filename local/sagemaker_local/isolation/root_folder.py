"""The root folder that an instance sees: the machine's files, where every write vanishes with the instance.

Each folder of `/` gets an overlay of its own, since one over `/` as a whole is refused in a user namespace. `/dev` and
`/sys` are the machine's; `/proc`, `/tmp` and `/dev/shm` are the instance's own; plain files of `/` are left out. All
mounts are made in the caller's mount namespace, which becomes private: they end with its last process.
"""

from __future__ import annotations

import os
from pathlib import Path

from sagemaker_local.isolation import kernel
from sagemaker_local.isolation.layers import Layers
from sagemaker_local.isolation.specification import Specification

_SHARED = ("dev", "sys")
_OWN = ("proc", "tmp")


def enter(spec: Specification) -> None:
    """Build the root folder and make it the process's. The caller is process 1 of its PID namespace. Raises OSError."""
    kernel.mount("none", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    points = _mount_points()  # of the machine, before there are any of ours
    root = Path(spec.folder, "root")
    root.mkdir()
    kernel.mount("root", str(root), "tmpfs", options="mode=755")
    view = _View(root, points, Layers(spec))
    for entry in os.scandir("/"):
        if entry.name in _SHARED:
            (root / entry.name).mkdir()
            kernel.bind(entry.path, str(root / entry.name))
        elif entry.name not in _OWN and (entry.is_symlink() or entry.is_dir()):
            view.show(Path(entry.path))

    (root / "proc").mkdir()
    kernel.mount("proc", str(root / "proc"), "proc", kernel.NO_SUID_DEV_EXEC)
    if (root / "dev/shm").is_dir():
        kernel.mount("shm", str(root / "dev/shm"), "tmpfs", options="mode=1777")
    for source, target in spec.binds.items():
        view.bind(Path(source), Path(target).resolve())
    kernel.become_root_of(str(root))


class _View:
    """What is shown of the machine below `root`, at the same paths."""

    def __init__(self, root: Path, points: list[str], layers: Layers) -> None:
        self._root = root
        self._points = points
        self._layers = layers

    def show(self, source: Path) -> None:
        """Show a folder, link or file, and what is mounted inside it. Raises OSError."""
        target = self._at(source)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif not source.is_dir():
            self.bind(source, source)
        else:
            target.mkdir(exist_ok=True)
            inner = [point for point in self._points if point.startswith(f"{source}/")]
            try:
                self._layers.overlay(source, target)
            except OSError:
                self._show_otherwise(source, inner)
                return
            for point in inner:
                self._show_mounted(Path(point))

    def bind(self, source: Path, target: Path) -> None:
        """Show a folder or file of the machine at another path, as it is: writes reach it. Raises OSError."""
        shown = self._at(target)
        if source.is_dir():
            shown.mkdir(parents=True, exist_ok=True)
        elif not shown.exists():
            shown.parent.mkdir(parents=True, exist_ok=True)
            shown.touch()
        kernel.bind(str(source), str(shown))

    def _show_otherwise(self, source: Path, inner: list[str]) -> None:
        """Show a folder that cannot be a lower layer; a user namespace refuses those in which something is mounted."""
        if not os.access(source, os.W_OK) and not inner:
            kernel.bind(str(source), str(self._at(source)))
        elif inner and os.access(source, os.R_OK):
            for path in source.iterdir():
                self._show_if_there(path)
        elif os.access(source, os.W_OK):
            raise OSError(f"{source} cannot be shown so that writes do not reach it")

    def _show_if_there(self, path: Path) -> None:
        """What others of the machine remove meanwhile, as a Docker engine does in its folder, need not be shown."""
        try:
            self.show(path)
        except FileNotFoundError:
            if os.path.lexists(path):
                raise

    def _show_mounted(self, point: Path) -> None:
        """An overlay does not show what is mounted inside its lower folder: show it on top."""
        try:
            if point.is_dir():
                self._layers.overlay(point, self._at(point))
            elif self._at(point).exists():
                kernel.bind(str(point), str(self._at(point)))
        except OSError:
            return  # not all kinds of file systems can be shown: what is there stays hidden

    def _at(self, path: Path) -> Path:
        return self._root / path.relative_to("/")


def _mount_points() -> list[str]:
    """Where something is mounted, outer ones first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return sorted({line.split()[4].encode().decode("unicode_escape") for line in lines})  # blanks are written \040
