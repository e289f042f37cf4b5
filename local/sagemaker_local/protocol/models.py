"""botocore's service models: the authority on operations, shapes and limits."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import botocore.session  # type: ignore[import-untyped]

# botocore has no type hints.
ServiceModel: TypeAlias = Any
Shape: TypeAlias = Any

# Signing name, as in a request's credential scope, to botocore's name where the two differ.
_MODEL_NAMES = {"tagging": "resourcegroupstaggingapi", "servicequotas": "service-quotas"}


@cache
def service_model(signing_name: str) -> ServiceModel:
    """The ServiceModel of a service. Raises botocore's UnknownServiceError."""
    return botocore.session.get_session().get_service_model(_MODEL_NAMES.get(signing_name, signing_name))


@cache
def signing_name_of_target(prefix: str) -> str | None:
    """The service that a header `X-Amz-Target: PREFIX.Operation` speaks to, of those served here by such a header."""
    for name in ("sagemaker", "logs", "ecr", "tagging", "servicequotas", "pricing"):
        if service_model(name).metadata.get("targetPrefix") == prefix:
            return name
    return None
