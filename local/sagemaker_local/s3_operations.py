"""S3's operations, told apart as botocore's model does: by method, path, query and header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sagemaker_local.botocore_models import service_model

# IAM actions that are not called as their operation (AWS Service Authorization Reference, "Actions for Amazon S3").
ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
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
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}


@dataclass(frozen=True)
class _Pattern:
    operation: str
    query: frozenset[tuple[str, str | None]]
    headers: frozenset[str]

    def matches(self, query: Mapping[str, str], environ: Mapping[str, Any]) -> bool:
        named = all(name in query and (value is None or query[name] == value) for name, value in self.query)
        return named and self.headers <= environ.keys()


@cache
def _patterns(method: str, has_bucket: bool, has_key: bool) -> tuple[_Pattern, ...]:
    """The operations of a method on the account, a bucket or an object, the most specific first."""
    model = service_model("s3")
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, static = operation.http["requestUri"].partition("?")
        if operation.http["method"] != method or ("{Bucket}" in path, "{Key+}" in path) != (has_bucket, has_key):
            continue
        query: set[tuple[str, str | None]] = set()
        for part in filter(None, static.split("&")):
            key, equals, value = part.partition("=")
            if key != "x-id":  # a label that botocore's model adds; other clients leave it out
                query.add((key, value if equals else None))
        headers = set()
        shape = operation.input_shape
        for member in shape.required_members if shape else ():
            where = shape.members[member].serialization
            if where.get("location") == "querystring":
                query.add((where["name"], None))
            elif where.get("location") == "header":
                headers.add("HTTP_" + where["name"].upper().replace("-", "_"))
        deprecated = bool(getattr(operation, "deprecated", False))
        found.append((-len(query) - len(headers), deprecated, _Pattern(name, frozenset(query), frozenset(headers))))
    return tuple(pattern for _, _, pattern in sorted(found, key=lambda entry: entry[:2]))


def match_operation(
    method: str, has_bucket: bool, has_key: bool, query: Mapping[str, str], environ: Mapping[str, Any]
) -> str:
    """The operation's name; empty when the model has none such."""
    for pattern in _patterns(method, has_bucket, has_key):
        if pattern.matches(query, environ):
            return pattern.operation
    return ""
