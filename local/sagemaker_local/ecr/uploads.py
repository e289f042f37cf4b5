"""Blobs on their way: parts are written to a file and hashed while they arrive; one whose digest holds is a blob.

A part counts when all of it has arrived; of one that breaks off nothing counts. What is never finished vanishes with
the server. Codes of errors: ECR's API reference, UploadLayerPart and CompleteLayerUpload.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from moto.ecr.models import Repository

from sagemaker_local.ecr.blobs import Blobs
from sagemaker_local.ecr.digests import Digest, digest_of_file
from sagemaker_local.protocol.errors import ServiceError


class Upload:
    """One blob for one repository, whose parts come one after the other. Safe for many threads."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self.id = str(uuid.uuid4())
        self.repository = repository
        self._path = folder / self.id
        self._path.touch()
        self._sizes: list[int] = []
        self._state = hashlib.sha256()
        self._is_open = True
        self._lock = threading.Lock()

    @property
    def received(self) -> int:
        """Bytes of all parts so far."""
        return sum(self._sizes)

    @property
    def part_sizes(self) -> list[int]:
        """Bytes of each part so far."""
        return list(self._sizes)

    def append(self, blocks: Iterable[bytes], span: tuple[int, int] | None = None) -> None:
        """Add a part; `span`: positions of its first and last byte, where the client sends them.

        Raises ServiceError: UploadNotFoundException for an upload that is over, InvalidLayerPartException for a part
        out of order or of another length than its span, ServerException where it cannot be written, and what `blocks`
        raises.
        """
        with self._lock:
            self._check_open()
            start, state = self.received, self._state.copy()
            if span is not None and (span[0] != start or span[1] < span[0]):
                raise self._refusal(f"the part has the bytes {span[0]}-{span[1]}, and the next byte is {start}")
            length = None if span is None else span[1] - span[0] + 1
            size = 0
            try:
                with self._path.open("r+b") as file:
                    file.truncate(start)
                    file.seek(start)
                    for block in blocks:
                        size += len(block)
                        if length is not None and size > length:
                            break
                        state.update(block)
                        file.write(block)
            except OSError as error:
                text = f"The layer cannot be written: {error.strerror}"
                raise ServiceError("ServerException", text, HTTPStatus.INTERNAL_SERVER_ERROR) from error
            if length not in (None, size):
                raise self._refusal(f"the part is not {length} bytes long, as its first and last byte say")
            self._sizes.append(size)
            self._state = state

    def finish(self, digest: Digest, blobs: Blobs) -> None:
        """Have the repository have it; the upload is over, whatever comes of it.

        Raises ServiceError: InvalidLayerException where the digest is not that of the parts, UploadNotFoundException
        for an upload that is over.
        """
        with self._lock:
            self._check_open()
            self._is_open = False
            actual = self._digest(digest.algorithm)
            if actual == digest:
                blobs.add(self.repository, digest, self._path)
                return
            self._path.unlink()
        text = f"The digest of the layer is {actual}, not {digest}."
        raise ServiceError("InvalidLayerException", text)

    def cancel(self) -> None:
        """Forget it. Raises ServiceError UploadNotFoundException for an upload that is over."""
        with self._lock:
            self._check_open()
            self._is_open = False
            self._path.unlink()

    def _digest(self, algorithm: str) -> Digest:
        """Which algorithm a client means is known at the end only: of another than the usual one the file is read."""
        with self._path.open("r+b") as file:
            file.truncate(self.received)  # what a part that broke off left
            if algorithm == self._state.name:
                return Digest(algorithm, self._state.hexdigest())
            return digest_of_file(file, algorithm)

    def _check_open(self) -> None:
        if not self._is_open:
            raise upload_not_found(self.id)

    def _refusal(self, why: str) -> ServiceError:
        details: dict[str, str | int] = {
            "registryId": self.repository.registry_id,
            "repositoryName": self.repository.name,
            "uploadId": self.id,
            "lastValidByteReceived": self.received - 1,
        }
        return ServiceError("InvalidLayerPartException", f"The layer part is not valid: {why}.", details=details)


class Uploads:
    """All that are in progress, with their files in a folder, which is there and empty. Safe for many threads."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self._blobs = blobs
        self._uploads: dict[str, Upload] = {}

    def begin(self, repository: Repository) -> Upload:
        """A new one, without parts."""
        self._blobs.sweep()
        upload = Upload(repository, self._folder)
        self._uploads[upload.id] = upload
        return upload

    def find(self, repository: Repository, number: str) -> Upload:
        """One of a repository by its id. Raises ServiceError UploadNotFoundException."""
        upload = self._uploads.get(number)
        if upload is None or upload.repository is not repository:
            raise upload_not_found(number)
        return upload

    def finish(self, upload: Upload, digest: Digest) -> None:
        """As Upload.finish."""
        self._uploads.pop(upload.id, None)
        upload.finish(digest, self._blobs)

    def cancel(self, upload: Upload) -> None:
        """As Upload.cancel."""
        self._uploads.pop(upload.id, None)
        upload.cancel()


def upload_not_found(number: str) -> ServiceError:
    """What is said of an upload that is not there, is over, or is another repository's."""
    text = f"The upload '{number}' is not there, or is not valid for this repository."
    return ServiceError("UploadNotFoundException", text)
