"""botocore's service models: the authority on operations, shapes and limits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import botocore.session  # type: ignore[import-untyped]

# Signing name, as in a request's credential scope, to botocore's name where the two differ.
_MODEL_NAMES = {"tagging": "resourcegroupstaggingapi"}


@lru_cache(maxsize=None)
def service_model(signing_name: str) -> Any:
    """The ServiceModel of a service. Raises botocore's UnknownServiceError."""
    return botocore.session.get_session().get_service_model(_MODEL_NAMES.get(signing_name, signing_name))


@lru_cache(maxsize=None)
def signing_name_of_target(prefix: str) -> str | None:
    """The service that a header `X-Amz-Target: PREFIX.Operation` speaks to, of those served here by such a header."""
    for name in ("sagemaker", "logs", "ecr", "tagging"):
        if service_model(name).metadata.get("targetPrefix") == prefix:
            return name
    return None
