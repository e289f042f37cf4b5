"""Who calls, who owns a bucket and which role a service may assume: read from moto's IAM, STS and S3.

Nothing here makes a request, so nothing of it shows up in the request log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.iam.exceptions import NotFoundException
from moto.iam.models import get_account_id_from, iam_backends
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends

from sagemaker_local.iam.policy import Request, trusts

ACCOUNT = DEFAULT_ACCOUNT_ID
_PARTITION = "aws"
_SESSION_SECONDS = 3600
_SESSION_KEY = "ASIA"  # how access keys of sessions begin (IAM user guide, "Unique identifiers")
_service_keys: set[str] = set()


@dataclass(frozen=True)
class Credentials:
    """A session of an assumed role."""

    access_key: str
    secret_key: str
    token: str
    expiration: datetime


def principal(access_key: str | None, region: str) -> str:
    """The caller's ARN; `anonymous` for an unsigned request."""
    if not access_key:
        return "anonymous"
    account = str(get_account_id_from(access_key))
    return sts_backends[account][_PARTITION].get_caller_identity(access_key, region)[1]


def bucket_owner(bucket: str) -> str | None:
    """The account that has the bucket, None when there is no such bucket."""
    owner = s3_backends.bucket_accounts.get(bucket)
    return owner[1] if owner else None


def bucket_region(bucket: str) -> str | None:
    """Where a bucket is, None when there is no such bucket."""
    owner = bucket_owner(bucket)
    return str(s3_backends[owner][_PARTITION].buckets[bucket].region_name) if owner else None


def make_bucket(bucket: str, region: str, account: str = ACCOUNT) -> None:
    """An empty bucket of an account."""
    s3_backends[account][_PARTITION].create_bucket(bucket, region)


def account_of(principal_arn: str) -> str:
    """The account of a principal; an anonymous one is taken for the stand-in's own."""
    parts = principal_arn.split(":")
    return parts[4] if len(parts) > 4 else ACCOUNT


def trust_of(role_arn: str) -> dict[str, Any] | None:
    """A role's trust policy, None for a role that is not there."""
    try:
        role = iam_backends[role_arn.split(":")[4]][_PARTITION].get_role_by_arn(role_arn)
    except NotFoundException:
        return None
    document = role.assume_role_policy_document
    return dict(json.loads(document) if isinstance(document, str) else document)


def may_assume(role_arn: str, service: str) -> bool:
    """Whether the role exists and its trust policy lets a service, as `sagemaker.amazonaws.com`, assume it."""
    trust = trust_of(role_arn)
    request = Request("sts:AssumeRole", "*", {"aws:sourceaccount": [ACCOUNT]})
    return trust is not None and trusts(trust, request, "Service", service)


def role_age(role_arn: str) -> float:
    """Seconds since a role was made; endless for one that is not there."""
    try:
        role = iam_backends[role_arn.split(":")[4]][_PARTITION].get_role_by_arn(role_arn)
    except NotFoundException:
        return float("inf")
    return (utcnow() - role.create_date).total_seconds()


def assume(
    role_arn: str, session: str, region: str, *, seconds: int = _SESSION_SECONDS, service: bool = True
) -> Credentials:
    """A new session of a role; of a `service`, as for a job, unless told otherwise."""
    backend = sts_backends[account_of(role_arn)][_PARTITION]
    role = backend.assume_role(region, session, role_arn, "", seconds, "")
    if service:
        _service_keys.add(role.access_key_id)
    return Credentials(role.access_key_id, role.secret_access_key, role.session_token, role.expiration)


def has_expired(access_key: str | None) -> bool:
    """Whether these are credentials of a session that is over."""
    if not access_key or not access_key.startswith(_SESSION_KEY):
        return False
    backend = sts_backends[str(get_account_id_from(access_key))][_PARTITION]
    session = backend.get_assumed_role_from_access_key(access_key)
    return session is not None and session.expiration < utcnow()


def is_service_session(access_key: str | None) -> bool:
    """Whether these are credentials of `assume`: a job's."""
    return access_key in _service_keys
