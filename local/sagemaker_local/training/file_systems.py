"""Channels of a FileSystemDataSource: a folder of this machine takes the place of a file system of EFS or FSx.

Each host gets a copy, so what a job writes there does not last. Without such a folder a file system is empty.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sagemaker_local.instances.host import Host


def copy_file_system(channel: Mapping[str, Any], folders: Mapping[str, Path], hosts: Sequence[Host]) -> None:
    """Make a channel's folder on the hosts; `folders` are by the ids of file systems.

    Raises ValueError for a DirectoryPath that is no directory of the folder (reported; its last sentence (assumed)).
    """
    source = channel["DataSource"]["FileSystemDataSource"]
    system, path = source["FileSystemId"], source["DirectoryPath"]
    failed = f"Unable to mount file system: {system}, directory path: {path}."
    root = folders.get(system)
    found = root and _below(root.resolve(), path)
    if root and not found:
        raise ValueError(f"{failed} No such directory.")
    for host in hosts:
        target = host.base / "input" / "data" / channel["ChannelName"]
        if not found:
            target.mkdir()
            continue
        try:
            shutil.copytree(found, target, symlinks=True)
        except OSError as error:
            raise ValueError(f"{failed} {error}") from error


def _below(root: Path, path: str) -> Path | None:
    """The directory of a path in a file system; None if the file system has no such directory."""
    found = (root / path.lstrip("/")).resolve()
    return found if found.is_relative_to(root) and found.is_dir() else None
