"""`/v2/…` as ECR serves it to docker: who may do what, tags and manifests from ECR's tables, layers from the registry.

The protocol: OCI distribution-spec, "Endpoints"; errors are `{"errors": [{"code", "message"}]}`. Each request stands
for an operation of ECR's API, whose permission it needs (user guide, "Private repository policies": docker's actions).
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from moto.ecr.models import Repository
from werkzeug.wrappers import Response

from sagemaker_local.call import Call
from sagemaker_local.ecr.images import Images, NoImage, StoredImage
from sagemaker_local.ecr.manifests import MAX_BYTES
from sagemaker_local.ecr.passage import body_of, pass_on
from sagemaker_local.ecr.repositories import find_repository
from sagemaker_local.ecr.tokens import Token, Tokens
from sagemaker_local.errors import ServiceError

PREFIX = "/v2/"
_PATH = re.compile(
    r"/v2/(?P<name>.+)/(?:manifests/(?P<reference>[^/]+)|blobs/uploads/(?P<upload>[^/]*)|blobs/(?P<blob>[^/]+)"
    r"|(?P<tags>tags/list))"
)
_OPERATIONS = {
    ("manifest", "GET"): "BatchGetImage",
    ("manifest", "HEAD"): "BatchGetImage",
    ("manifest", "PUT"): "PutImage",
    ("blob", "GET"): "GetDownloadUrlForLayer",
    ("blob", "HEAD"): "BatchCheckLayerAvailability",
    ("uploads", "POST"): "InitiateLayerUpload",
    ("upload", "GET"): "UploadLayerPart",
    ("upload", "PATCH"): "UploadLayerPart",
    ("upload", "DELETE"): "UploadLayerPart",
    ("upload", "PUT"): "CompleteLayerUpload",
    ("tags", "GET"): "ListImages",
    ("entrance", "GET"): "GetAuthorizationToken",
    ("entrance", "HEAD"): "GetAuthorizationToken",
}


class Distribution:
    """Answers docker. `region` is that of a request without a token."""

    def __init__(self, images: Images, tokens: Tokens, region: str) -> None:
        self._images = images
        self._tokens = tokens
        self._region = region

    def identify(self, environ: dict[str, Any]) -> Call:
        """The call that a WSGI request to `/v2/…` stands for; its operation is empty if ECR knows none."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        found = _PATH.fullmatch(path)
        token = self._token(environ)
        parameters = {name: value for name, value in found.groupdict().items() if value} if found else {}
        operation = _OPERATIONS.get((_kind(path, parameters), environ["REQUEST_METHOD"]), "")
        parameters["repositoryName"] = parameters.pop("name", "*")
        region, key = (token.region, token.access_key) if token else (self._region, None)
        return Call("ecr", operation, region, key, parameters, wire="registry")

    def admit(self, environ: dict[str, Any]) -> None:
        """Raise ServiceError for a request without a token, or with one whose time is over."""
        token = self._token(environ)
        if token is None:
            realm = f'Basic realm="http://{environ["HTTP_HOST"]}/",service="ecr.amazonaws.com"'
            headers = {"Www-Authenticate": realm}
            raise ServiceError("Unauthorized", "Not Authorized", HTTPStatus.UNAUTHORIZED, headers=headers)
        if token.expired:
            raise ServiceError("ExpiredTokenException", "")

    def answer(self, call: Call, environ: dict[str, Any]) -> Response:
        """The answer to an admitted call. Raises ServiceError."""
        token = self._token(environ)
        if token is None or not call.operation:
            raise ServiceError("UnsupportedCommandException", "The operation is unsupported.")
        given = call.parameters
        if call.operation == "GetAuthorizationToken":
            return Response("{}", content_type="application/json")
        repository = find_repository(token.account, token.region, given["repositoryName"])
        if call.operation == "BatchGetImage":
            return _manifest(self._image(repository, given["reference"]))
        if call.operation == "PutImage":
            return self._put(repository, given["reference"], environ)
        if call.operation == "ListImages":
            tags = sorted(tag for image in self._images.all(repository) for tag in image.image_tags)
            return Response(json.dumps({"name": repository.name, "tags": tags}), content_type="application/json")
        rest = f"blobs/{given['blob']}" if "blob" in given else f"blobs/uploads/{given.get('upload', '')}"
        return pass_on(self._images.registry, repository, rest, environ)

    def _token(self, environ: dict[str, Any]) -> Token | None:
        return self._tokens.find(environ.get("HTTP_AUTHORIZATION", ""))

    def _image(self, repository: Repository, reference: str) -> StoredImage:
        tag, digest = _parted(reference)
        try:
            return self._images.find(repository, tag, digest)
        except NoImage as error:
            raise ServiceError("ImageNotFoundException", str(error)) from error

    def _put(self, repository: Repository, reference: str, environ: dict[str, Any]) -> Response:
        raw = b""
        for block in body_of(environ):
            raw += block
            if len(raw) > MAX_BYTES:
                raise ServiceError("InvalidParameterException", f"A manifest has at most {MAX_BYTES} bytes.")
        tag, digest = _parted(reference)
        image = self._images.put(repository, raw, environ.get("CONTENT_TYPE"), tag, digest)
        headers = {
            "Location": f"/v2/{repository.name}/manifests/{image.image_digest}",
            "Docker-Content-Digest": image.image_digest,
        }
        return Response(b"", HTTPStatus.CREATED, headers)


def _kind(path: str, parameters: dict[str, str]) -> str:
    if path in (PREFIX, PREFIX.rstrip("/")):
        return "entrance"
    for member, kind in (("reference", "manifest"), ("blob", "blob"), ("upload", "upload"), ("tags", "tags")):
        if member in parameters:
            return kind
    return "uploads" if parameters else ""


def _manifest(image: StoredImage) -> Response:
    headers = {"Docker-Content-Digest": image.image_digest, "ETag": f'"{image.image_digest}"'}
    return Response(image.image_manifest.encode(), headers=headers, content_type=str(image.image_manifest_media_type))


def _parted(reference: str) -> tuple[str | None, str | None]:
    """(tag, None) or (None, digest)."""
    return (None, reference) if ":" in reference else (reference, None)
