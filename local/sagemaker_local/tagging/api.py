"""Resource tagging's GetResources: training jobs of our own beside what moto's services hold.

Tag filters are all to be met, each by one of its values, or by the key alone where it has none; a page holds 50
resources by default (Resource Groups Tagging API reference, GetResources).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends

from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.call import Answer, Call, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.paging import page_after
from sagemaker_local.protocol.validation import checked
from sagemaker_local.sagemaker.record import TrainingJob

_PAGE = 50
_OWN_TYPES = ("sagemaker", "sagemaker:training-job")
_ERROR = "InvalidParameterException"
_INVALID_TOKEN = ("PaginationTokenExpiredException", "Invalid pagination token.")


class TaggingApi:
    """GetResources; what else the service has is moto's."""

    def __init__(self, jobs: Callable[[str], Iterable[TrainingJob]]) -> None:
        self._jobs = jobs

    def operations(self) -> dict[str, Operation]:
        """By name."""
        return checked({"GetResources": self._get_resources}, _ERROR)

    def _get_resources(self, call: Call) -> Answer:
        given = call.parameters
        arns, types = given.get("ResourceARNList"), given.get("ResourceTypeFilters")
        if arns and (types or given.get("TagFilters")):
            raise ServiceError(_ERROR, "ResourceARNList cannot be used with ResourceTypeFilters or TagFilters.")
        found: list[Mapping[str, Any]] = []
        if not types or set(types) & set(_OWN_TYPES):
            found += [{"ResourceARN": job.arn, "Tags": job.tags} for job in self._jobs(call.region)]
        others = [each for each in types or [] if each not in _OWN_TYPES]
        if others or not types:
            found += _of_moto(call.region, others)
        filters = given.get("TagFilters", [])
        chosen = [
            resource
            for resource in sorted(found, key=lambda each: str(each["ResourceARN"]))
            if (not arns or resource["ResourceARN"] in arns) and _meets(resource["Tags"], filters) and resource["Tags"]
        ]
        limit = given.get("ResourcesPerPage", _PAGE)
        page, token = page_after(
            chosen, lambda each: str(each["ResourceARN"]), given.get("PaginationToken"), limit, _INVALID_TOKEN
        )
        mapped = [{**each, "Tags": [{"Key": key, "Value": each["Tags"][key]} for key in each["Tags"]]} for each in page]
        return {"ResourceTagMappingList": mapped, "PaginationToken": token}


def _of_moto(region: str, types: Sequence[str]) -> list[dict[str, Any]]:
    backend = resourcegroupstaggingapi_backends[ACCOUNT][region]
    _, found = backend.get_resources(
        resources_per_page=sys.maxsize, tags_per_page=sys.maxsize, resource_type_filters=list(types) or None
    )
    return [{"ResourceARN": each.arn, "Tags": dict(each.tags)} for each in found if ":sagemaker:" not in each.arn]


def _meets(tags: Mapping[str, str], filters: Sequence[Mapping[str, Any]]) -> bool:
    return all(
        each["Key"] in tags and (not each.get("Values") or tags[each["Key"]] in each["Values"]) for each in filters
    )
