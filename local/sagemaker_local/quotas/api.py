"""Service Quotas' ListServiceQuotas and GetServiceQuota for SageMaker: the quotas that CreateTrainingJob counts by.

Each instance type has two, `ml.X for training job usage` and `ml.X for spot training job usage`; an account at AWS has
many others. Sources: Service Quotas API reference (errors, 100 a page); names: recorded; codes and texts (assumed).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sagemaker_local.faults.register import Faults
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.call import Answer, Call, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.models import service_model
from sagemaker_local.protocol.paging import page_after
from sagemaker_local.protocol.validation import checked
from sagemaker_local.sagemaker.rules import quota_name

_PAGE = 100
_INVALID_TOKEN = ("InvalidPaginationTokenException", "Invalid pagination token.")


class QuotasApi:
    """Quotas are 1000 instances, unless a fault sets another number."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def operations(self) -> dict[str, Operation]:
        """By name, each checking the request first."""
        named = {"GetServiceQuota": self._get, "ListServiceQuotas": self._list}
        return checked(named, "IllegalArgumentException")

    def _list(self, call: Call) -> Answer:
        given = call.parameters
        wanted = given.get("QuotaCode")
        found = [each for each in self._all(call) if wanted in (None, each["QuotaCode"])]
        limit = given.get("MaxResults", _PAGE)
        page, token = page_after(found, _code, given.get("NextToken"), limit, _INVALID_TOKEN)
        return {"Quotas": page, **({"NextToken": token} if token else {})}

    def _get(self, call: Call) -> Answer:
        for each in self._all(call):
            if each["QuotaCode"] == call.parameters["QuotaCode"]:
                return {"Quota": each}
        raise _no_such("The request failed because the specified quota was not found.")

    def _all(self, call: Call) -> Iterator[dict[str, Any]]:
        service = call.parameters["ServiceCode"]
        if service != "sagemaker":
            raise _no_such(f"The request failed because the specified service {service} was not found.")
        for instance_type, spot, name, code in _names():
            yield {
                "ServiceCode": service,
                "ServiceName": "Amazon SageMaker",
                "QuotaArn": f"arn:aws:servicequotas:{call.region}:{ACCOUNT}:{service}/{code}",
                "QuotaCode": code,
                "QuotaName": name,
                "Value": float(self._faults.shown_quota(instance_type, spot=spot)),
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
                "QuotaAppliedAtLevel": "ACCOUNT",
            }


@cache
def _names() -> list[tuple[str, bool, str, str]]:
    """Instance type, whether for spot jobs, name and code of each quota."""
    types = service_model("sagemaker").shape_for("TrainingInstanceType").enum
    named = [(each, spot, quota_name(each, spot=spot)) for each in types for spot in (False, True)]
    return [(*each, f"L-{hashlib.sha256(each[2].encode()).hexdigest()[:8].upper()}") for each in named]


def _code(quota: Mapping[str, Any]) -> str:
    return str(quota["QuotaCode"])


def _no_such(text: str) -> ServiceError:
    return ServiceError("NoSuchResourceException", text)
