"""The Price List Query API's GetProducts for SageMaker's training instances, on demand.

The prices are AWS's own, those of the action's table: scripts/tables.mjs copies it to prices.json. A fault of the kind
`price` sets another one. Sources: Price List API reference (GetProducts); the form of a product: billing user guide,
"Reading the service price list file for an AWS service"; which attributes a training instance has: recorded, their
values but for region, type and use (assumed).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from sagemaker_local.faults.register import Faults
from sagemaker_local.protocol.call import Answer, Call, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.paging import page_after
from sagemaker_local.protocol.validation import checked

_TABLE = Path(__file__).with_name("prices.json")
_SERVICE = "AmazonSageMaker"
_PAGE = 100
_TERM = "JRTCKXETXF"  # what AWS's lists call the term of on-demand use
_INVALID_TOKEN = ("InvalidNextTokenException", "The pagination token is invalid.")
_ANY_DATE = "2026-01-01"  # of prices that a fault sets

Attributes = Mapping[str, str]
_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "TERM_MATCH": lambda has, wanted: has == wanted,
    "EQUALS": lambda has, wanted: has == wanted,
    "CONTAINS": lambda has, wanted: wanted in has,
    "ANY_OF": lambda has, wanted: has in wanted.split(","),
    "NONE_OF": lambda has, wanted: has not in wanted.split(","),
}


class PricingApi:
    """Prices are those of the table, unless a fault sets others."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def operations(self) -> dict[str, Operation]:
        """By name, each checking the request first."""
        return checked({"GetProducts": self._get_products}, "InvalidParameterException")

    def _get_products(self, call: Call) -> Answer:
        given = call.parameters
        service = given["ServiceCode"]
        if service != _SERVICE:
            raise ServiceError("NotFoundException", f"The service {service} was not found.")
        filters = given.get("Filters", [])
        asked = [each["Value"] for each in filters if each["Field"] == "regionCode"]
        found = [text for text, attributes in self._products(asked) if _passes(attributes, filters)]
        page, token = page_after(found, _sku, given.get("NextToken"), given.get("MaxResults", _PAGE), _INVALID_TOKEN)
        return {"FormatVersion": "aws_v1", "PriceList": page, **({"NextToken": token} if token else {})}

    def _products(self, regions: list[str]) -> Iterator[tuple[str, Attributes]]:
        """Each product as JSON, and its attributes: those of the table, and those that a fault sets in `regions`."""
        known = dict(_table())
        for instance_type, usd in self._faults.prices().items():
            known.update({(region, instance_type): (usd, _ANY_DATE) for region in regions})
        for (region, instance_type), (usd, published) in known.items():
            attributes = {
                "servicecode": _SERVICE,
                "servicename": "Amazon SageMaker",
                "locationType": "AWS Region",
                "regionCode": region,
                "component": "Training",
                "instanceName": instance_type,
                "usagetype": f"{region.upper().replace('-', '')}-Train:{instance_type}",
                "operation": "RunInstance",
            }
            yield _product(attributes, usd, published), attributes


@cache
def _table() -> dict[tuple[str, str], tuple[float, str]]:
    """Region and instance type to USD an hour and the date of the list, the newest of each."""
    lists = json.loads(_TABLE.read_text())["lists"]
    return {
        (each["region"], instance_type): (usd, each["published"])
        for each in sorted(lists, key=lambda one: str(one["published"]))
        for instance_type, usd in each["hourly"].items()
    }


def _passes(attributes: Attributes, filters: list[Mapping[str, str]]) -> bool:
    return all(_MATCHES[each["Type"]](attributes.get(each["Field"], ""), each["Value"]) for each in filters)


def _product(attributes: Attributes, usd: float, published: str) -> str:
    sku = sha256(attributes["usagetype"].encode()).hexdigest()[:16].upper()
    rate = f"{sku}.{_TERM}.6YS6EN2CT7"
    price = {
        "rateCode": rate,
        "description": f"${usd} per Training {attributes['instanceName']} hour in {attributes['regionCode']}",
        "beginRange": "0",
        "endRange": "Inf",
        "unit": "Hrs",
        "pricePerUnit": {"USD": f"{usd:.10f}"},
        "appliesTo": [],
    }
    term = {
        "sku": sku,
        "offerTermCode": _TERM,
        "effectiveDate": f"{published}T00:00:00Z",
        "priceDimensions": {rate: price},
        "termAttributes": {},
    }
    product: dict[str, Any] = {
        "product": {"productFamily": "ML Instance", "attributes": attributes, "sku": sku},
        "serviceCode": _SERVICE,
        "terms": {"OnDemand": {f"{sku}.{_TERM}": term}},
        "version": published.replace("-", "") + "000000",
        "publicationDate": f"{published}T00:00:00Z",
    }
    return json.dumps(product)


def _sku(product: str) -> str:
    return str(json.loads(product)["product"]["sku"])
