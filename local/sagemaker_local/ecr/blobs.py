"""Layers and other blobs: one file a digest, and which repositories have it.

What a repository has is kept in moto's table of it (`Repository.layers`: digest to size), so a repository's end is the
end of what it has, and moto's further operations find it. The name of a file is made of a digest that was parsed, so
nothing that a client sends becomes a path.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import BinaryIO

from moto.ecr.models import Repository, ecr_backends

from sagemaker_local.ecr.digests import Digest


class Blobs:
    """Keeps them in a folder, which is there and empty. Safe for many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stored: set[Digest] = set()
        self._lock = threading.Lock()

    def size(self, repository: Repository, digest: Digest) -> int | None:
        """Bytes of a blob that a repository has; None of one that it does not have."""
        return repository.layers.get(str(digest))

    def open(self, repository: Repository, digest: Digest) -> BinaryIO | None:
        """The content of a blob that a repository has; None of one that it does not have."""
        with self._lock:
            return self._path(digest).open("rb") if str(digest) in repository.layers else None

    def add(self, repository: Repository, digest: Digest, file: Path) -> None:
        """Take over a file whose digest this is, and have the repository have it."""
        size = file.stat().st_size
        with self._lock:
            if digest in self._stored:
                file.unlink()
            else:
                path = self._path(digest)
                path.parent.mkdir(exist_ok=True)
                file.rename(path)
                self._stored.add(digest)
            repository.layers[str(digest)] = size

    def mount(self, source: Repository, digest: Digest, target: Repository) -> bool:
        """Have a repository have a blob of another one too; whether that one has it."""
        with self._lock:
            size = source.layers.get(str(digest))
            if size is None:
                return False
            target.layers[str(digest)] = size
            return True

    def remove(self, repository: Repository, digest: Digest) -> bool:
        """Take a blob from a repository; whether it had it. The file goes with the last repository that has it."""
        with self._lock:
            had = repository.layers.pop(str(digest), None) is not None
            self._sweep()
            return had

    def sweep(self) -> None:
        """Remove what no repository has any more, as after the end of a repository."""
        with self._lock:
            self._sweep()

    def _sweep(self) -> None:
        held = {
            digest
            for regions in list(ecr_backends.values())
            for backend in list(regions.values())
            for repository in list(backend.repositories.values())
            for digest in list(repository.layers)
        }
        for digest in [each for each in self._stored if str(each) not in held]:
            self._path(digest).unlink(missing_ok=True)
            self._stored.discard(digest)

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest.algorithm / digest.hex
