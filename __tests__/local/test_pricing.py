"""AWS's price list of training instances, by the Price List Query API."""

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def pricing(faulty):
    return faulty.client("pricing")


def products(pricing, *, kind="TERM_MATCH", **fields):
    filters = [{"Type": kind, "Field": name, "Value": value} for name, value in fields.items()]
    pages = pricing.get_paginator("get_products").paginate(ServiceCode="AmazonSageMaker", Filters=filters)
    return [json.loads(text) for page in pages for text in page["PriceList"]]


def usd(product):
    (term,) = product["terms"]["OnDemand"].values()
    (price,) = term["priceDimensions"].values()
    assert (price["unit"], price["beginRange"], price["endRange"]) == ("Hrs", "0", "Inf")
    return float(price["pricePerUnit"]["USD"])


def test_a_type_in_a_region_has_one_price_with_its_date(pricing):
    (found,) = products(pricing, regionCode="us-east-1", component="Training", instanceName="ml.m5.large")
    assert usd(found) == 0.115
    assert found["publicationDate"].startswith("20")
    assert found["product"]["attributes"]["usagetype"].endswith("-Train:ml.m5.large")
    assert found["product"]["sku"] in next(iter(found["terms"]["OnDemand"]))
    assert products(pricing, regionCode="us-east-1", component="Hosting", instanceName="ml.m5.large") == []


def test_pages(pricing):
    everything = products(pricing)
    assert len(everything) > 100
    assert len({each["product"]["sku"] for each in everything}) == len(everything)
    assert len(pricing.get_products(ServiceCode="AmazonSageMaker", MaxResults=7)["PriceList"]) == 7


@pytest.mark.parametrize(
    ("kind", "value"),
    [("EQUALS", "ml.g5.xlarge"), ("CONTAINS", "g5.xlarge"), ("ANY_OF", "ml.g5.xlarge,ml.none.large")],
)
def test_other_filters(pricing, kind, value):
    found = products(pricing, kind=kind, instanceName=value)
    assert {each["product"]["attributes"]["instanceName"] for each in found} == {"ml.g5.xlarge"}


def test_all_but_some(pricing):
    some = products(pricing, kind="ANY_OF", instanceName="ml.g5.xlarge,ml.m5.large")
    assert len(some) + len(products(pricing, kind="NONE_OF", instanceName="ml.g5.xlarge,ml.m5.large")) == len(
        products(pricing)
    )


def test_a_price_that_is_set(faulty, pricing):
    faulty.fault("price", instance_type="ml.m5.large", usd=7)
    faulty.fault("price", instance_type="ml.new.large", usd=0.5)
    found = {
        name: usd(each)
        for name in ("ml.m5.large", "ml.new.large")
        for each in products(pricing, regionCode="eu-west-1", instanceName=name)
    }
    assert found == {"ml.m5.large": 7, "ml.new.large": 0.5}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ServiceCode": "AmazonEC2"}, "NotFoundException"),
        ({"ServiceCode": "AmazonSageMaker", "MaxResults": 1000}, "InvalidParameterException"),
        ({"ServiceCode": "AmazonSageMaker", "NextToken": "abc"}, "InvalidNextTokenException"),
    ],
)
def test_what_there_is_not(pricing, given, code):
    with pytest.raises(ClientError, match=code):
        pricing.get_products(**given)


def test_other_operations_are_not_here(pricing):
    with pytest.raises(ClientError, match="UnknownOper"):
        pricing.describe_services()


def test_the_log_knows_the_action(faulty, pricing):
    pricing.get_products(ServiceCode="AmazonSageMaker", MaxResults=1)
    logged = faulty.local("requests")[-1]
    assert (logged["action"], logged["resource"]) == ("pricing:GetProducts", "*")
