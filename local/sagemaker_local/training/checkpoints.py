"""Checkpoints: one S3 folder, restored to each host before the start; all hosts' changes go to it while the job runs.

A file is uploaded when its size or time of change differs from what was last seen. Deleted files stay in S3. They are
encrypted as the job's output is. (assumed)
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sagemaker_local.instances.host import Host
from sagemaker_local.s3.client import S3Client
from sagemaker_local.s3.location import S3Location, keys, place
from sagemaker_local.training.role_check import downloading, uploading

_Seen = tuple[int, int]


class Checkpoints:
    """The checkpoints of one job; `location` is closed by a `/`."""

    def __init__(
        self, client: S3Client, location: S3Location, hosts: Sequence[Host], encryption: Mapping[str, str]
    ) -> None:
        self._client = client
        self._location = location
        self._hosts = hosts
        self._encryption = encryption
        self._seen: dict[Path, _Seen] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def restore(self) -> list[str]:
        """Download all to every host; the keys. Raises botocore's ClientError."""
        found = list(keys(self._client, self._location))
        for key in found:
            first, *others = [place(host.state, key.removeprefix(self._location.prefix)) for host in self._hosts]
            with downloading(f"s3://{self._location.bucket}/{key}"):
                self._client.download_file(self._location.bucket, key, str(first))
            for other in others:
                shutil.copyfile(first, other)
        for host in self._hosts:
            self._seen.update((path, _signature(path)) for path in _files(host.state))
        return found

    def keep_synchronised(self, seconds: float) -> None:
        """Upload changes at this interval, in a thread, until `finish`."""
        self._thread = threading.Thread(target=self._repeat, args=(seconds,), name="checkpoints", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Stop the thread and upload what is left. Raises botocore's ClientError."""
        self._ended.set()
        if self._thread:
            self._thread.join()
        with uploading("Checkpoint"):
            self._upload_changes(running=False)

    def _repeat(self, seconds: float) -> None:
        while not self._ended.wait(seconds):
            self._upload_changes(running=True)

    def _upload_changes(self, *, running: bool) -> None:
        for host in self._hosts:
            for path in _files(host.state):
                try:
                    signature = _signature(path)
                    if self._seen.get(path) == signature:
                        continue
                    key = self._location.prefix + path.relative_to(host.state).as_posix()
                    self._client.upload_file(str(path), self._location.bucket, key, ExtraArgs=self._encryption)
                    self._seen[path] = signature
                except Exception:
                    # A file can vanish or change under the upload while the job writes it; the last upload raises.
                    if not running:
                        raise


def _files(folder: Path) -> Iterator[Path]:
    """Files, and links to files that do not lead out of the folder."""
    top = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(top)):
            yield path


def _signature(path: Path) -> _Seen:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
