"""Overlays: folders shown so that what is written to them is kept elsewhere, for as long as the instance lives."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from sagemaker_local.isolation import kernel
from sagemaker_local.isolation.specification import Specification


class Layers:
    """Where overlays keep what is written: on the disk, and in memory where the disk will not do.

    It will not if it is an overlay itself, as in a container, or if the folder to show is around it.
    """

    def __init__(self, spec: Specification) -> None:
        self._options = ",userxattr" if spec.kind == "user" else ""  # trusted.* attributes are the machine's root's
        self._disk = Path(spec.folder, "written")
        self._memory = Path(spec.folder, "memory")
        for folder in (self._disk, self._memory):
            folder.mkdir()
        kernel.mount("memory", str(self._memory), "tmpfs", options="mode=755")
        self._count = 0

    def overlay(self, source: Path, target: Path) -> None:
        """Show a folder at `target`, writable. Raises OSError."""
        self._count += 1
        if not self._disk.is_relative_to(source):
            with suppress(OSError):
                self._mount(source, target, self._disk / str(self._count))
                return
        self._mount(source, target, self._memory / str(self._count))

    def _mount(self, source: Path, target: Path, layer: Path) -> None:
        upper, work = layer / "upper", layer / "work"
        for folder in (upper, work):
            folder.mkdir(parents=True)
        upper.chmod(stat.S_IMODE(source.stat().st_mode))  # the merged folder has the upper's mode
        options = f"lowerdir={_escaped(source)},upperdir={_escaped(upper)},workdir={_escaped(work)}{self._options}"
        kernel.mount("overlay", str(target), "overlay", options=options)


def _escaped(path: Path) -> str:
    """A path as overlay's options want it."""
    return str(path).replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
