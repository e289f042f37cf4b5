"""ECR's errors in the form of the registry protocol: `{"errors": [{"code", "message"}]}`, which docker prints in words.

Codes: OCI distribution-spec, "Error Codes".
"""

from __future__ import annotations

import json
from http import HTTPStatus

from werkzeug.wrappers import Response

from sagemaker_local.protocol.errors import ServiceError

_EXPIRED = "Your authorization token has expired. Reauthenticate and try again."  # (as many threads quote it)
_CODES = {
    "Unauthorized": ("UNAUTHORIZED", HTTPStatus.UNAUTHORIZED),
    "ExpiredTokenException": ("DENIED", HTTPStatus.FORBIDDEN),
    "AccessDeniedException": ("DENIED", HTTPStatus.FORBIDDEN),
    "RepositoryNotFoundException": ("NAME_UNKNOWN", HTTPStatus.NOT_FOUND),
    "ImageNotFoundException": ("MANIFEST_UNKNOWN", HTTPStatus.NOT_FOUND),
    "ImageTagAlreadyExistsException": ("TAG_INVALID", HTTPStatus.BAD_REQUEST),
    "ImageDigestDoesNotMatchException": ("DIGEST_INVALID", HTTPStatus.BAD_REQUEST),
    "InvalidParameterException": ("MANIFEST_INVALID", HTTPStatus.BAD_REQUEST),
    "LayersNotFoundException": ("MANIFEST_BLOB_UNKNOWN", HTTPStatus.NOT_FOUND),
    "ReferencedImagesNotFoundException": ("MANIFEST_BLOB_UNKNOWN", HTTPStatus.NOT_FOUND),
    "UploadNotFoundException": ("BLOB_UPLOAD_UNKNOWN", HTTPStatus.NOT_FOUND),
    "InvalidLayerPartException": ("BLOB_UPLOAD_INVALID", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    "InvalidLayerException": ("DIGEST_INVALID", HTTPStatus.BAD_REQUEST),
    "ThrottlingException": ("TOOMANYREQUESTS", HTTPStatus.TOO_MANY_REQUESTS),
    "UnsupportedCommandException": ("UNSUPPORTED", HTTPStatus.METHOD_NOT_ALLOWED),
}


def registry_error(error: ServiceError) -> Response:
    """An error of the service for docker; of a code that is not ECR's the code and status stay."""
    code, status = _CODES.get(error.code, (error.code, error.status))
    message = _EXPIRED if error.code == "ExpiredTokenException" else error.message
    body = json.dumps({"errors": [{"code": code, "message": message}]})
    return Response(body, status, dict(error.headers), content_type="application/json")
