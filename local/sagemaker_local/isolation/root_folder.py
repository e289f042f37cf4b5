"""The root folder that an instance sees: the machine's files, where every write vanishes with the instance.

Each folder of `/` gets an overlay of its own, its upper layer in a tmpfs, since an overlay over `/` as a whole is
refused in a user namespace. `/dev` and `/sys` are the machine's; `/proc`, `/tmp` and `/dev/shm` are the instance's own.
All mounts are made in the caller's mount namespace, which must be private: they end with its last process.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sagemaker_local.isolation import kernel
from sagemaker_local.isolation.specification import Specification

_SHARED = ("dev", "sys")
_OWN = ("proc", "tmp")


def enter(spec: Specification) -> None:
    """Build the root folder and make it the process's. The caller is process 1 of its PID namespace. Raises OSError."""
    kernel.mount("none", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    points = _mount_points()  # of the machine, before there are any of ours
    layers = Path(spec.folder, "layers")
    layers.mkdir()
    kernel.mount("layers", str(layers), "tmpfs", options="mode=755")
    root = layers / "shown"
    root.mkdir()
    kernel.bind(str(root), str(root))  # pivot_root wants a mount point
    overlaid = {f"/{entry.name}" for entry in os.scandir("/") if _show(entry, root, layers, spec)}
    nested = [point for point in points if any(point.startswith(f"{folder}/") for folder in overlaid)]
    for number, point in enumerate(nested):
        _show_nested(point, root, layers / "nested" / str(number), spec.kind)

    (root / "proc").mkdir()
    kernel.mount("proc", str(root / "proc"), "proc", kernel.NO_SUID_DEV_EXEC)
    if (root / "dev/shm").is_dir():
        kernel.mount("shm", str(root / "dev/shm"), "tmpfs", options="mode=1777")
    for source, target in spec.binds.items():
        shown = root / target.lstrip("/")
        if Path(source).is_dir():
            shown.mkdir(parents=True, exist_ok=True)
        else:
            shown.touch()
        kernel.bind(source, str(shown))
    kernel.become_root_of(str(root))


def _show(entry: os.DirEntry[str], root: Path, layers: Path, spec: Specification) -> bool:
    """Show one entry of `/`; True if it got an overlay."""
    target = root / entry.name
    if entry.is_symlink():
        target.symlink_to(Path(entry.path).readlink())
    elif not entry.is_dir():
        if stat.S_ISREG(entry.stat().st_mode):
            target.touch()
            kernel.bind(entry.path, str(target))
    elif entry.name not in _OWN:
        target.mkdir()
        if entry.name in _SHARED:
            kernel.bind(entry.path, str(target))
        else:
            return _overlay(entry.path, target, layers / "written" / entry.name, spec.kind)
    return False


def _overlay(source: str, target: Path, layer: Path, kind: str) -> bool:
    """Show a folder so that writes stay in `layer`. A folder that cannot be a lower layer is shown as it is."""
    upper, work = layer / "upper", layer / "work"
    for folder in (upper, work):
        folder.mkdir(parents=True)
    upper.chmod(stat.S_IMODE(Path(source).stat().st_mode))  # the merged folder has the upper's mode
    options = f"lowerdir={_escaped(source)},upperdir={_escaped(upper)},workdir={_escaped(work)}"
    if kind == "user":
        options += ",userxattr"  # trusted.* attributes are the machine's root's
    try:
        kernel.mount("overlay", str(target), "overlay", options=options)
    except OSError:
        kernel.bind(source, str(target))
        return False
    return True


def _show_nested(point: str, root: Path, layer: Path, kind: str) -> None:
    """An overlay does not show what is mounted inside its lower folder: show it on top."""
    target = root / point.lstrip("/")
    try:
        if Path(point).is_dir():
            _overlay(point, target, layer, kind)
        elif target.exists():
            kernel.bind(point, str(target))
    except PermissionError:
        return  # an ordinary user could not look into it either


def _mount_points() -> list[str]:
    """Where something is mounted, outer ones first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return sorted({line.split()[4].encode().decode("unicode_escape") for line in lines})  # blanks are written \040


def _escaped(path: str | Path) -> str:
    """A path as overlay's options want it."""
    return str(path).replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
