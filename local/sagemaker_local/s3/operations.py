"""S3's requests, read: moto's router finds the operation in botocore's model by method, path, query and headers."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import unquote

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from sagemaker_local.protocol.call import Call, read_body
from sagemaker_local.s3.client import is_own
from sagemaker_local.s3.encryption import headers_of

# IAM actions that are not called as their operation (AWS Service Authorization Reference, "Actions for Amazon S3").
ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PostObject": "PutObject",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}


def s3_call(
    environ: dict[str, Any], query: dict[str, str], region: str, access_key: str | None, *, signed: bool
) -> Call:
    """The call that a WSGI request to S3 makes; `signed` for `region`, or `region` is only assumed."""
    operation, bucket, key = _matched(environ)
    source = unquote(environ.get("HTTP_X_AMZ_COPY_SOURCE", "")).partition("?")[0].removeprefix("/")
    parameters = {
        "Bucket": bucket,
        "Key": key,
        "CopySource": source,
        "ExpectedBucketOwner": environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", ""),
        "SourceExpectedBucketOwner": environ.get("HTTP_X_AMZ_SOURCE_EXPECTED_BUCKET_OWNER", ""),
        "SignedRegion": region if signed else "",
        "Tagged": "HTTP_X_AMZ_TAGGING" in environ,
        "Prefix": query.get("prefix", ""),
        "DeletedKeys": _deleted_keys(environ) if operation == "DeleteObjects" else [],
        "UploadId": query.get("uploadId", ""),
        "Policy": read_body(environ).decode("utf-8", "replace") if operation == "PutBucketPolicy" else "",
        "Grants": any(name.startswith("HTTP_X_AMZ_GRANT_") for name in environ),
        # Services of AWS speak TLS with each other.
        "Tls": environ.get("HTTP_X_FORWARDED_PROTO") == "https" or is_own(environ),
        **headers_of(environ),
    }
    return Call("s3", operation, region, access_key, parameters)


def _matched(environ: dict[str, Any]) -> tuple[str, str, str]:
    """Operation, bucket and key of a request; the operation is empty where the model has none such."""
    try:
        operation, named = get_service_router("s3").match(Request(environ))
    except NotFound:
        path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        bucket, _, key = path.removeprefix("/").partition("/")
        return "", bucket, key
    return operation.name, named.get("Bucket", ""), named.get("Key", "")


def _deleted_keys(environ: dict[str, Any]) -> list[str]:
    """The keys of a DeleteObjects request, at most 1,000 (S3 API reference); none where it has no Content-Length."""
    if not environ.get("CONTENT_LENGTH"):
        return []
    return [html.unescape(key) for key in re.findall("<Key>([^<]*)</Key>", read_body(environ).decode())]
