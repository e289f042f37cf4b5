"""`/v2/NAME/blobs/…`: pulling, pushing, mounting and deleting blobs (OCI distribution-spec, "Endpoints").

All raise ServiceError.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from sagemaker_local.ecr.blobs import Blobs
from sagemaker_local.ecr.digests import Digest, find_digest, parse_digest
from sagemaker_local.ecr.mounts import Mounts
from sagemaker_local.ecr.registry_request import RegistryRequest
from sagemaker_local.ecr.request_body import blocks_of, length_of
from sagemaker_local.ecr.uploads import Upload, Uploads
from sagemaker_local.protocol.errors import ServiceError

_BLOCK = 1 << 18
_SPAN = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


class BlobRequests:
    """Answers them. Safe for many threads."""

    def __init__(self, blobs: Blobs, uploads: Uploads, mounts: Mounts) -> None:
        self._blobs = blobs
        self._uploads = uploads
        self._mounts = mounts

    def get(self, request: RegistryRequest) -> Response:
        """A blob, or the range of it that is asked for."""
        digest = parse_digest(request.reference)
        size = self._blobs.size(request.repository, digest)
        file = self._blobs.open(request.repository, digest)
        if file is None or size is None:
            raise _unknown(request)
        headers = {"Docker-Content-Digest": str(digest), "ETag": f'"{digest}"', "Content-Length": str(size)}
        response = Response(
            FileWrapper(file, _BLOCK), headers=headers, content_type="application/octet-stream", direct_passthrough=True
        )
        try:
            return response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
        except RequestedRangeNotSatisfiable as error:
            file.close()
            text = f"The range {request.environ.get('HTTP_RANGE')} is not in the blob, which has {size} bytes."
            whole = {"Content-Range": f"bytes */{size}"}
            raise ServiceError(
                "RANGE_INVALID", text, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=whole
            ) from error

    def delete(self, request: RegistryRequest) -> Response:
        """Take a blob from the repository, whatever manifests name it."""
        if not self._blobs.remove(request.repository, parse_digest(request.reference)):
            raise _unknown(request)
        return Response(b"", HTTPStatus.ACCEPTED)

    def begin(self, request: RegistryRequest) -> Response:
        """An upload; or a blob, where it is in the request or in another repository that the caller may read."""
        wanted = find_digest("".join(request.query("mount")[:1]))
        if wanted:
            source = next(iter(request.query("from")), None)
            if self._mounts.mount(request.call, request.repository, wanted, source):
                return _created(request, wanted)
        named = request.query("digest")
        digest = parse_digest(named[0]) if named else None
        upload = self._uploads.begin(request.repository)
        if digest is None:
            return _state(request, upload, HTTPStatus.ACCEPTED)
        try:
            upload.append(blocks_of(request.environ))
        except ServiceError:
            self._uploads.cancel(upload)
            raise
        self._uploads.finish(upload, digest)
        return _created(request, digest)

    def status(self, request: RegistryRequest) -> Response:
        """How much of an upload has arrived."""
        return _state(request, self._find(request), HTTPStatus.NO_CONTENT)

    def append(self, request: RegistryRequest) -> Response:
        """A part of a blob."""
        upload = self._find(request)
        upload.append(blocks_of(request.environ), _span(request))
        return _state(request, upload, HTTPStatus.ACCEPTED)

    def finish(self, request: RegistryRequest) -> Response:
        """The end of an upload, with its last part, or without."""
        upload = self._find(request)
        digest = parse_digest("".join(request.query("digest")[:1]))
        if length_of(request.environ) != 0:
            upload.append(blocks_of(request.environ), _span(request))
        self._uploads.finish(upload, digest)
        return _created(request, digest)

    def cancel(self, request: RegistryRequest) -> Response:
        """Forget an upload."""
        self._uploads.cancel(self._find(request))
        return Response(b"", HTTPStatus.NO_CONTENT)

    def _find(self, request: RegistryRequest) -> Upload:
        return self._uploads.find(request.repository, request.reference)


def _span(request: RegistryRequest) -> tuple[int, int] | None:
    """Positions of the first and last byte of a part, where a client sends them."""
    content_range = request.environ.get("HTTP_CONTENT_RANGE")
    if content_range is None:
        return None
    found = _SPAN.fullmatch(content_range)
    if found is None:
        text = (
            f'"{content_range}" is not a valid Content-Range of a part: '
            "send the positions of its first and last byte, as 0-9."
        )
        raise ServiceError("BLOB_UPLOAD_INVALID", text, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    first, last = int(found[1]), int(found[2])
    length = length_of(request.environ)
    if length is not None and first <= last and length != last - first + 1:
        raise ServiceError("SIZE_INVALID", f"The part has {length} bytes, and its Content-Range is {content_range}.")
    return first, last


def _state(request: RegistryRequest, upload: Upload, status: HTTPStatus) -> Response:
    headers = {
        "Location": request.place("blobs/uploads", upload.id),
        "Range": f"0-{max(upload.received - 1, 0)}",
        "Docker-Upload-UUID": upload.id,
    }
    return Response(b"", status, headers)


def _created(request: RegistryRequest, digest: Digest) -> Response:
    headers = {"Location": request.place("blobs", digest), "Docker-Content-Digest": str(digest)}
    return Response(b"", HTTPStatus.CREATED, headers)


def _unknown(request: RegistryRequest) -> ServiceError:
    text = f"The repository {request.repository.name} does not have the blob {request.reference}."
    return ServiceError("BLOB_UNKNOWN", text, HTTPStatus.NOT_FOUND)
