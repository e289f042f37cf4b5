"""ECR's repositories: moto's tables, with URIs that lead to this server."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from moto.ecr.models import Repository, ecr_backends
from werkzeug.wrappers import Response

from sagemaker_local.protocol.errors import ServiceError


def find_repository(account: str, region: str, name: str, registry: str | None = None) -> Repository:
    """A repository. Raises ServiceError RepositoryNotFoundException."""
    wanted = registry or account
    found = ecr_backends[account][region].repositories.get(name) if wanted == account else None
    if found is None:
        raise repository_not_found(wanted, name)
    return found


def repositories_of(account: str, region: str) -> list[Repository]:
    """All of an account in a region."""
    return list(ecr_backends[account][region].repositories.values())


def repository_not_found(registry: str, name: str) -> ServiceError:
    """What is said of a repository that an account does not have."""
    text = f"The repository with name '{name}' does not exist in the registry with id '{registry}'"
    return ServiceError("RepositoryNotFoundException", text)


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
    repositories = [answer.get("repository"), *(answer.get("repositories") or [])] if isinstance(answer, dict) else []
    for repository in repositories:
        if isinstance(repository, dict) and "repositoryUri" in repository:
            repository["repositoryUri"] = f"{host}/{repository['repositoryName']}"
    if any(repositories):
        response.set_data(json.dumps(answer))
    return response
