"""Where moto's objects differ from S3's.

Sources: S3 API reference, "Object" (the ETag of an object that a KMS key encrypts is not an MD5 of its content) and
ListParts (a part has the checksum of the algorithm that its upload was begun with).
"""

from __future__ import annotations

import re
import secrets
import threading
from http import HTTPStatus

from moto.s3.models import FakeKey
from moto.s3.utils import compute_checksum
from werkzeug.wrappers import Response

from sagemaker_local.protocol.call import Call
from sagemaker_local.s3.store import checksum_algorithm_of, part_of

_of_content = FakeKey.etag.fget  # type: ignore[attr-defined]
_naming = threading.Lock()
_PART = re.compile(rb"<Part>.*?</Part>", re.DOTALL)
_NUMBER = re.compile(rb"<PartNumber>(\d+)</PartNumber>")


def make_etags_opaque() -> None:
    """Give each object and part that a KMS key encrypts an ETag that says nothing of its content."""
    FakeKey.etag = property(_etag)  # type: ignore[method-assign, assignment]


def _etag(key: FakeKey) -> str:
    if key._etag is None and (key.encryption or "").startswith("aws:kms"):
        with _naming:
            key._etag = key._etag or secrets.token_hex(16)
    return str(_of_content(key))


def with_checksums(call: Call, response: Response) -> Response:
    """An answer to ListParts with the parts' checksums."""
    if call.operation != "ListParts" or response.status_code != HTTPStatus.OK:
        return response
    upload = call.parameters["Bucket"], call.parameters["UploadId"]
    algorithm = checksum_algorithm_of(*upload)
    if not algorithm:
        return response

    def add(found: re.Match[bytes]) -> bytes:
        number = _NUMBER.search(found[0])
        part = part_of(*upload, int(number[1])) if number else None
        if part is None:
            return found[0]
        checksum = compute_checksum(part, algorithm)
        tag = f"Checksum{algorithm.upper()}".encode()
        return found[0].removesuffix(b"</Part>") + b"<%s>%s</%s></Part>" % (tag, checksum, tag)

    response.set_data(_PART.sub(add, response.get_data()))
    return response
