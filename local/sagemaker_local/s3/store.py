"""Buckets and objects as moto's tables have them, read without a request, so that the request log has none of it."""

from __future__ import annotations

import re
from typing import Any

from moto.s3.models import s3_backends
from werkzeug.wrappers import Response

from sagemaker_local.protocol.accounts import ACCOUNT, PARTITION

# Of a new bucket (S3 user guide, "Controlling ownership of objects": since April 2023).
NEW_OWNERSHIP = "BucketOwnerEnforced"
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")


def bucket_owner(bucket: str) -> str | None:
    """The account that has the bucket, None when there is no such bucket."""
    owner = s3_backends.bucket_accounts.get(bucket)
    return owner[1] if owner else None


def bucket_region(bucket: str) -> str | None:
    """Where a bucket is, None when there is no such bucket."""
    found = _find(bucket)
    return str(found.region_name) if found else None


def make_bucket(bucket: str, region: str, account: str = ACCOUNT) -> None:
    """An empty bucket of an account."""
    s3_backends[account][PARTITION].create_bucket(bucket, region).ownership_rule = NEW_OWNERSHIP  # type: ignore[assignment]


def ownership_of(bucket: str) -> str:
    """The bucket's Object Ownership."""
    found = _find(bucket)
    return str(found.ownership_rule or "ObjectWriter") if found else "ObjectWriter"


def set_new_ownership(bucket: str) -> None:
    """A bucket was made by a request, which may have named another Object Ownership."""
    found = _find(bucket)
    if found and not found.ownership_rule:
        found.ownership_rule = NEW_OWNERSHIP


def default_encryption(bucket: str) -> tuple[str, str | None]:
    """The algorithm and the KMS key, as they were given, of objects whose requests name none."""
    found = _find(bucket)
    rule = ((found.encryption if found else None) or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    return rule.get("SSEAlgorithm", "AES256"), rule.get("KMSMasterKeyID")


def encryption_of_object(bucket: str, key: str) -> tuple[str, str | None]:
    """The algorithm and the ARN of the KMS key of an object; no algorithm where there is no such object."""
    found = _find(bucket)
    item = found.keys.get(key) if found else None
    return (item.encryption or "", item.kms_key_id) if item else ("", None)


def checksum_algorithm_of(bucket: str, upload_id: str) -> str:
    """The algorithm that an upload in parts was begun with, empty where it named none."""
    found = _find(bucket)
    upload = found.multiparts.get(upload_id) if found else None
    return str(upload.metadata.get("x-amz-checksum-algorithm") or "") if upload else ""


def part_of(bucket: str, upload_id: str, number: int) -> bytes | None:
    """The content of a part."""
    found = _find(bucket)
    upload = found.multiparts.get(upload_id) if found else None
    part = upload.parts.get(number) if upload else None
    return bytes(part.value) if part else None


def upload_id_of(response: Response) -> str:
    """The upload that an answer to CreateMultipartUpload names."""
    response.direct_passthrough = False  # it is short
    found = _UPLOAD_ID.search(response.get_data())
    return found[1].decode() if found else ""


def _find(bucket: str) -> Any | None:
    owner = bucket_owner(bucket)
    return s3_backends[owner][PARTITION].buckets.get(bucket) if owner else None
