"""What ECR's operations have in common. All raise ServiceError."""

from __future__ import annotations

from moto.ecr.models import Repository

from sagemaker_local.ecr.repositories import find_repository
from sagemaker_local.protocol.accounts import account_of
from sagemaker_local.protocol.call import Call
from sagemaker_local.sts.sessions import caller_of


def account_of_caller(call: Call) -> str:
    """The account whose registry is meant where a call names none."""
    return account_of(caller_of(call))


def repository_of(call: Call) -> Repository:
    """The repository that a call names, which is one of the caller's account."""
    given = call.parameters
    return find_repository(account_of_caller(call), call.region, given["repositoryName"], given.get("registryId"))
