"""Roles as a service sees them: how old one is, and whom it trusts. Read from moto's IAM without a request."""

from __future__ import annotations

import json
from typing import Any

from moto.core.utils import utcnow
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from sagemaker_local.iam.policy import Request, trusts
from sagemaker_local.protocol.accounts import ACCOUNT, PARTITION


def trust_of(role_arn: str) -> dict[str, Any] | None:
    """A role's trust policy, None for a role that is not there."""
    role = _find(role_arn)
    if role is None:
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
    role = _find(role_arn)
    return (utcnow() - role.create_date).total_seconds() if role else float("inf")


def _find(role_arn: str) -> Any | None:
    try:
        return iam_backends[role_arn.split(":")[4]][PARTITION].get_role_by_arn(role_arn)
    except NotFoundException:
        return None
