"""Bucket policies: kept and given back here, judged in `iam/`, because moto judges them without their conditions.

Sources: S3 API reference, PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy; "Error responses" (MalformedPolicy).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.s3.store import bucket_owner

_policies: dict[str, str] = {}


def policy_of(bucket: str) -> Mapping[str, Any] | None:
    """The bucket's policy, None if it has none."""
    text = _policies.get(bucket)
    if text is None:
        return None
    read: Mapping[str, Any] = json.loads(text)
    return read


def forget_policy(bucket: str) -> None:
    """A bucket of this name was made or deleted."""
    _policies.pop(bucket, None)


def operations() -> dict[str, Callable[[Call], Response]]:
    """By the operation's name."""
    return {"PutBucketPolicy": _put, "GetBucketPolicy": _get, "DeleteBucketPolicy": _delete}


def _put(call: Call) -> Response:
    bucket, text = _bucket(call), str(call.parameters["Policy"])
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _malformed("Policies must be valid JSON and the first byte must be '{'") from error
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        _check(statement, bucket)
    _policies[bucket] = text
    return Response(status=HTTPStatus.NO_CONTENT)


def _get(call: Call) -> Response:
    text = _policies.get(_bucket(call))
    if text is None:
        raise ServiceError("NoSuchBucketPolicy", "The bucket policy does not exist", HTTPStatus.NOT_FOUND)
    return Response(text, content_type="application/json")


def _delete(call: Call) -> Response:
    forget_policy(_bucket(call))
    return Response(status=HTTPStatus.NO_CONTENT)


def _bucket(call: Call) -> str:
    bucket = str(call.parameters["Bucket"])
    if bucket_owner(bucket) is None:
        raise ServiceError("NoSuchBucket", "The specified bucket does not exist", HTTPStatus.NOT_FOUND)
    return bucket


def _check(statement: object, bucket: str) -> None:
    if not isinstance(statement, dict):
        raise _malformed("Missing required field Statement")
    for names in (("Effect",), ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
        if not any(name in statement for name in names):
            raise _malformed(f"Missing required field {names[0]}")
    named = statement.get("Resource", statement.get("NotResource"))
    for resource in named if isinstance(named, list) else [named]:
        if str(resource).rpartition(":::")[2].partition("/")[0] != bucket:
            raise _malformed("Policy has invalid resource")


def _malformed(text: str) -> ServiceError:
    return ServiceError("MalformedPolicy", text, HTTPStatus.BAD_REQUEST)
