"""ECR's operations on layers, which clients other than docker use. All raise ServiceError.

Limits and errors: API reference of each operation. What docker sends by the registry's protocol are the same uploads.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from moto.ecr.models import Repository

from sagemaker_local.ecr.blobs import Blobs
from sagemaker_local.ecr.digests import Digest, find_digest
from sagemaker_local.ecr.download_links import LINK_SECONDS, DownloadLinks
from sagemaker_local.ecr.operations import repository_of
from sagemaker_local.ecr.tokens import Token, expiry
from sagemaker_local.ecr.uploads import Uploads
from sagemaker_local.faults.register import Faults
from sagemaker_local.protocol.call import Answer, Call, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.validation import checked

_PART_BYTES = 20_971_520  # (UploadLayerPart: the maximum size of each part)
_SUGGESTED_BYTES = 10_485_760  # (InitiateLayerUpload, example)
_LEAST_BYTES = 5 << 20  # (LayerPartTooSmallException; the last part may be smaller: assumed)


class LayerApi:
    """`host`: this server's `HOST:PORT`."""

    def __init__(
        self, blobs: Blobs, uploads: Uploads, links: DownloadLinks, faults: Faults, host: Callable[[], str]
    ) -> None:
        self._blobs = blobs
        self._uploads = uploads
        self._links = links
        self._faults = faults
        self._host = host

    def operations(self) -> dict[str, Operation]:
        """By name, each checking the request first."""
        named = {
            "BatchCheckLayerAvailability": self._availability,
            "GetDownloadUrlForLayer": self._link,
            "InitiateLayerUpload": self._begin,
            "UploadLayerPart": self._append,
            "CompleteLayerUpload": self._finish,
        }
        return checked(named, "InvalidParameterException")

    def _availability(self, call: Call) -> Answer:
        repository = repository_of(call)
        pairs = [(text, find_digest(text)) for text in call.parameters["layerDigests"]]
        return {
            "layers": [self._layer(repository, digest) for _, digest in pairs if digest],
            "failures": [_failure(text) for text, digest in pairs if digest is None],
        }

    def _link(self, call: Call) -> Answer:
        repository, text = repository_of(call), call.parameters["layerDigest"]
        digest = find_digest(text)
        if digest is None or self._blobs.size(repository, digest) is None:
            message = (
                f"The layer with digest '{text}' does not exist in the repository with name '{repository.name}' in the "
                f"registry with id '{repository.registry_id}'"
            )
            raise ServiceError("LayersNotFoundException", message)
        path = f"/v2/{repository.name}/blobs/{digest}"
        expires = expiry(self._faults.token_seconds(LINK_SECONDS))
        token = Token(call.access_key or "", repository.account_id, repository.region_name, expires)
        query = self._links.query(token, path)
        return {"downloadUrl": f"http://{self._host()}{path}?{query}", "layerDigest": str(digest)}

    def _begin(self, call: Call) -> Answer:
        return {"uploadId": self._uploads.begin(repository_of(call)).id, "partSize": _SUGGESTED_BYTES}

    def _append(self, call: Call) -> Answer:
        repository, given = repository_of(call), call.parameters
        upload = self._uploads.find(repository, given["uploadId"])
        upload.append([_part(given["layerPartBlob"])], (given["partFirstByte"], given["partLastByte"]))
        return {**_ids(repository), "uploadId": upload.id, "lastByteReceived": upload.received - 1}

    def _finish(self, call: Call) -> Answer:
        repository, given = repository_of(call), call.parameters
        upload = self._uploads.find(repository, given["uploadId"])
        digests = [find_digest(text) for text in given["layerDigests"]]
        if not upload.part_sizes:
            raise ServiceError("EmptyUploadException", f"The upload '{upload.id}' does not contain any layer parts.")
        if any(size < _LEAST_BYTES for size in upload.part_sizes[:-1]):
            raise ServiceError("LayerPartTooSmallException", "Layer parts must be at least 5 MiB in size.")
        digest = digests[0]
        if digest is None or any(each != digest for each in digests):
            text = f"'{', '.join(given['layerDigests'])}' is not the digest of one layer."  # (assumed)
            raise ServiceError("InvalidParameterException", text)
        if self._blobs.size(repository, digest) is not None:
            self._uploads.cancel(upload)
            text = (
                f"Layer with digest '{digest}' already exists in the repository with name '{repository.name}' in "
                f"registry with id '{repository.registry_id}'"
            )
            raise ServiceError("LayerAlreadyExistsException", text)
        self._uploads.finish(upload, digest)
        return {**_ids(repository), "uploadId": upload.id, "layerDigest": str(digest)}

    def _layer(self, repository: Repository, digest: Digest) -> dict[str, Any]:
        size = self._blobs.size(repository, digest)
        if size is None:
            return {"layerDigest": str(digest), "layerAvailability": "UNAVAILABLE"}
        return {"layerDigest": str(digest), "layerAvailability": "AVAILABLE", "layerSize": size}


def _failure(text: str) -> Mapping[str, str]:
    """Reasons (assumed)."""
    if not text:
        return {"failureCode": "MissingLayerDigest", "failureReason": "Layer digest must be specified"}
    reason = "Invalid layer digest: it must be an algorithm and its hexadecimal digest, as sha256:…"
    return {"layerDigest": text, "failureCode": "InvalidLayerDigest", "failureReason": reason}


def _part(encoded: object) -> bytes:
    """Raises ServiceError InvalidParameterException."""
    try:
        part = base64.b64decode(str(encoded), validate=True)
    except binascii.Error as error:
        raise ServiceError("SerializationException", f"'layerPartBlob' is not base64: {error}") from error
    if len(part) > _PART_BYTES:
        text = f"Invalid parameter at 'layerPartBlob' failed to satisfy constraint: 'at most {_PART_BYTES} bytes'"
        raise ServiceError("InvalidParameterException", text)
    return part


def _ids(repository: Repository) -> dict[str, str]:
    return {"registryId": repository.registry_id, "repositoryName": repository.name}
