"""`/v2/…`, as ECR serves it to docker: who may do what, and who answers it.

The protocol: OCI distribution-spec, "Endpoints"; errors are `{"errors": [{"code", "message"}]}`. Each request stands
for an operation of ECR's API, whose permission it needs (user guide, "Private repository policies": docker's actions;
referrers: API reference, ListImageReferrers; deletion of a blob, which ECR does not serve: assumed).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.ecr.blob_requests import BlobRequests
from sagemaker_local.ecr.download_links import DownloadLinks
from sagemaker_local.ecr.manifest_requests import ManifestRequests
from sagemaker_local.ecr.registry_request import RegistryRequest
from sagemaker_local.ecr.repositories import find_repository
from sagemaker_local.ecr.tokens import Token, Tokens
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError

PREFIX = "/v2/"
_PATH = re.compile(
    r"/v2/(?P<name>.+)/(?:manifests/(?P<manifest>[^/]+)|blobs/uploads(?:/(?P<upload>[^/]*))?|blobs/(?P<blob>[^/]+)"
    r"|(?P<tags>tags/list)|referrers/(?P<referrers>[^/]+))"
)
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_NAME_LENGTH = 256  # (API reference, CreateRepository)

Handler = Callable[[RegistryRequest], Response]


class Distribution:
    """Answers docker. `region` is that of a request without a token."""

    def __init__(
        self, blobs: BlobRequests, manifests: ManifestRequests, tokens: Tokens, links: DownloadLinks, region: str
    ) -> None:
        self._tokens = tokens
        self._links = links
        self._region = region
        self._routes: dict[tuple[str, str], tuple[str, Handler]] = {
            ("manifest", "GET"): ("BatchGetImage", manifests.get),
            ("manifest", "HEAD"): ("BatchGetImage", manifests.get),
            ("manifest", "PUT"): ("PutImage", manifests.put),
            ("manifest", "DELETE"): ("BatchDeleteImage", manifests.delete),
            ("blob", "GET"): ("GetDownloadUrlForLayer", blobs.get),
            ("blob", "HEAD"): ("BatchCheckLayerAvailability", blobs.get),
            ("blob", "DELETE"): ("BatchDeleteImage", blobs.delete),
            ("uploads", "POST"): ("InitiateLayerUpload", blobs.begin),
            ("upload", "GET"): ("UploadLayerPart", blobs.status),
            ("upload", "PATCH"): ("UploadLayerPart", blobs.append),
            ("upload", "DELETE"): ("UploadLayerPart", blobs.cancel),
            ("upload", "PUT"): ("CompleteLayerUpload", blobs.finish),
            ("tags", "GET"): ("ListImages", manifests.tags),
            ("referrers", "GET"): ("BatchGetImage", manifests.referrers),
        }

    def identify(self, environ: dict[str, Any]) -> Call:
        """The call that a WSGI request to `/v2/…` stands for; its operation is empty if ECR knows none."""
        kind, name, reference = _read(_path(environ))
        operation = self._routes[route][0] if (route := (kind, environ["REQUEST_METHOD"])) in self._routes else ""
        if kind == "entrance" and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            operation = "GetAuthorizationToken"
        token = self._token(environ)
        region, key = (token.region, token.access_key) if token else (self._region, None)
        parameters = {"repositoryName": name or "*", "kind": kind, "reference": reference}
        return Call("ecr", operation, region, key, parameters, by_registry=True)

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
        if call.operation == "GetAuthorizationToken":
            return Response("{}", content_type="application/json")
        given = call.parameters
        name = str(given["repositoryName"])
        if len(name) > _NAME_LENGTH or not _NAME.fullmatch(name):
            text = (
                f'"{name[:_NAME_LENGTH]}" is not a valid repository name: use a-z, 0-9, and ".", "_", "-", "/" between.'
            )
            raise ServiceError("NAME_INVALID", text)
        repository = find_repository(token.account, token.region, name)
        _, handler = self._routes[given["kind"], environ["REQUEST_METHOD"]]
        return handler(RegistryRequest(repository, given["reference"], call, environ))

    def _token(self, environ: dict[str, Any]) -> Token | None:
        """Whose the request is: by its authorisation, or by the link that GetDownloadUrlForLayer gave."""
        by_header = self._tokens.find(environ.get("HTTP_AUTHORIZATION", ""))
        if by_header or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return by_header
        return self._links.find(environ.get("QUERY_STRING", ""), _path(environ))


def _path(environ: dict[str, Any]) -> str:
    return str(environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")


def _read(path: str) -> tuple[str, str, str]:
    """Kind, repository and reference of a path; all empty for a path that the protocol does not have."""
    if path in (PREFIX, PREFIX.rstrip("/")):
        return "entrance", "", ""
    found = _PATH.fullmatch(path)
    if found is None:
        return "", "", ""
    parts = {kind: value for kind, value in found.groupdict().items() if value}
    name = parts.pop("name")
    kind, reference = next(iter(parts.items()), ("uploads", ""))
    return kind, name, reference
