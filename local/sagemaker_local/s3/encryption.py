"""What a request says of encryption, what S3 makes of it, and what it remembers of an upload in parts.

Sources: S3 user guide, "Specifying server-side encryption with AWS KMS (SSE-KMS)" and "Setting default server-side
encryption behavior": what a request does not name is the bucket's default, and without one S3's own keys. Parts have
the encryption of their CreateMultipartUpload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.s3.kms_keys import S3_KEY, key_arn
from sagemaker_local.s3.store import default_encryption, encryption_of_object, upload_id_of

ENCRYPTING = ("PutObject", "CopyObject", "CreateMultipartUpload")
_OF_UPLOAD = ("UploadPart", "UploadPartCopy", "CompleteMultipartUpload")
_ALGORITHM = "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION"
_KEY = "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION_AWS_KMS_KEY_ID"
# By upload: the request that began it.
_begun: dict[str, Call] = {}


@dataclass(frozen=True)
class Encryption:
    """`key`: the ARN of the KMS key, None where S3's own keys encrypt."""

    algorithm: str
    key: str | None = None


def headers_of(environ: Mapping[str, Any]) -> dict[str, str | None]:
    """The parameters of a call that say how to write an object."""
    return {
        "Encryption": environ.get(_ALGORITHM),
        "KmsKey": environ.get(_KEY),
        "Acl": environ.get("HTTP_X_AMZ_ACL"),
    }


def writing(call: Call) -> Call:
    """The call whose headers count for what a call writes: for a part, the one that began the upload (assumed)."""
    return _begun.get(call.parameters["UploadId"], call) if call.operation in _OF_UPLOAD else call


def written_with(call: Call) -> Encryption | None:
    """How the object is encrypted that a call writes; None for a call that writes none."""
    if call.operation not in (*ENCRYPTING, *_OF_UPLOAD):
        return None
    source = writing(call)
    named = source.parameters["Encryption"]
    algorithm, key = (named, source.parameters["KmsKey"]) if named else default_encryption(call.parameters["Bucket"])
    if not algorithm.startswith("aws:kms"):
        return Encryption(algorithm)
    return Encryption(algorithm, key_arn(key or S3_KEY, call.region))


def read_with(bucket: str, key: str) -> str | None:
    """The ARN of the KMS key that encrypts an object; None if no KMS key does."""
    algorithm, kms_key = encryption_of_object(bucket, key)
    return kms_key if algorithm.startswith("aws:kms") else None


def settle(call: Call, environ: dict[str, Any]) -> None:
    """Have a request name what S3 makes of it, so that moto keeps that and answers it. Raises ServiceError."""
    if call.operation not in ENCRYPTING:
        return
    if call.parameters["KmsKey"] and not str(call.parameters["Encryption"]).startswith("aws:kms"):
        raise ServiceError(
            "InvalidArgument",
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
            "aws:kms",
            HTTPStatus.BAD_REQUEST,
        )
    found = written_with(call)
    if found:
        environ[_ALGORITHM] = found.algorithm
        environ.pop(_KEY, None)
        if found.key:
            environ[_KEY] = found.key


def note_upload(call: Call, response: Response) -> None:
    """Remember how an upload in parts was begun, and forget it when it is over."""
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        return
    if call.operation == "CreateMultipartUpload":
        _begun[upload_id_of(response)] = call
    elif call.operation in ("CompleteMultipartUpload", "AbortMultipartUpload"):
        _begun.pop(call.parameters["UploadId"], None)
