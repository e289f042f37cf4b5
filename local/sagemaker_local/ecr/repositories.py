"""ECR's repositories: moto's tables, with URIs that lead to this server."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from moto.ecr.models import Repository, ecr_backends
from werkzeug.wrappers import Response

from sagemaker_local.errors import ServiceError


def find_repository(account: str, region: str, name: str, registry: str | None = None) -> Repository:
    """A repository. Raises ServiceError RepositoryNotFoundException."""
    wanted = registry or account
    found = ecr_backends[account][region].repositories.get(name) if wanted == account else None
    if found is None:
        text = f"The repository with name '{name}' does not exist in the registry with id '{wanted}'"
        raise ServiceError("RepositoryNotFoundException", text)
    return found


def is_immutable(repository: Repository, tag: str) -> bool:
    """Whether a tag, once pushed, stays what it is (user guide, "Preventing image tags from being overwritten")."""
    filters = [each["filter"] for each in repository.image_tag_mutability_exclusion_filters or []]
    excluded = any(fnmatchcase(tag, pattern) for pattern in filters)
    return str(repository.image_tag_mutability).startswith("IMMUTABLE") != excluded


def readdressed(response: Response, host: str) -> Response:
    """moto's answer with `repositoryUri` at `HOST:PORT/NAME`, where docker finds it."""
    try:
        answer = json.loads(response.get_data())
    except ValueError:
        return response
    told = [answer.get("repository"), *(answer.get("repositories") or [])] if isinstance(answer, dict) else []
    for repository in told:
        if isinstance(repository, dict) and "repositoryUri" in repository:
            repository["repositoryUri"] = f"{host}/{repository['repositoryName']}"
    if any(told):
        response.set_data(json.dumps(answer))
    return response
