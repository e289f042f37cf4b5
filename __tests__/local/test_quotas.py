"""Service Quotas: how many instances the account may have, as CreateTrainingJob counts them."""

import re

import pytest
from botocore.exceptions import ClientError

GENEROUS = 1000


@pytest.fixture
def quotas(faulty):
    return faulty.client("service-quotas")


def by_name(quotas, **more):
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker", **more)
    return {each["QuotaName"]: each for page in pages for each in page["Quotas"]}


def test_each_instance_type_has_one_for_each_use(quotas):
    first = quotas.list_service_quotas(ServiceCode="sagemaker")
    assert len(first["Quotas"]) == 100
    found = by_name(quotas)
    for name in ("ml.m5.large for training job usage", "ml.g5.xlarge for spot training job usage"):
        assert found[name] | {"QuotaCode": "", "QuotaArn": ""} == {
            "ServiceCode": "sagemaker",
            "ServiceName": "Amazon SageMaker",
            "QuotaArn": "",
            "QuotaCode": "",
            "QuotaName": name,
            "Value": GENEROUS,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }
        assert found[name]["QuotaArn"].endswith(f":sagemaker/{found[name]['QuotaCode']}")
    codes = [each["QuotaCode"] for each in found.values()]
    assert len(set(codes)) == len(codes) > 400
    assert all(re.fullmatch(r"L-[0-9A-F]{8}", code) for code in codes)


def test_one_by_its_code(quotas):
    wanted = by_name(quotas)["ml.m5.large for training job usage"]
    assert quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode=wanted["QuotaCode"])["Quota"] == wanted
    assert list(by_name(quotas, QuotaCode=wanted["QuotaCode"]).values()) == [wanted]


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("get_service_quota", {"ServiceCode": "sagemaker", "QuotaCode": "L-00000000"}, "NoSuchResourceException"),
        ("get_service_quota", {"ServiceCode": "ec2", "QuotaCode": "L-00000000"}, "NoSuchResourceException"),
        ("list_service_quotas", {"ServiceCode": "nothing"}, "NoSuchResourceException"),
        ("list_service_quotas", {"ServiceCode": "#"}, "IllegalArgumentException"),
        ("list_service_quotas", {"ServiceCode": "sagemaker", "NextToken": "abc"}, "InvalidPaginationTokenException"),
        ("request_service_quota_increase", {"ServiceCode": "x", "QuotaCode": "y", "DesiredValue": 1}, "UnknownOper"),
    ],
)
def test_what_there_is_not(quotas, operation, given, code):
    with pytest.raises(ClientError, match=code):
        getattr(quotas, operation)(**given)


def test_they_are_those_of_create_training_job(faulty, quotas):
    faulty.fault("quota", instance_type="ml.p3.*", spot=True, limit=0)
    faulty.fault("quota", instance_type="ml.c5.xlarge", limit=2)
    faulty.fault("quota", instance_type="ml.c5.*", limit=3)
    found = {name: each["Value"] for name, each in by_name(quotas).items()}
    assert [
        found[f"{instance_type} for {use}training job usage"]
        for instance_type in ("ml.p3.2xlarge", "ml.c5.xlarge", "ml.c5.2xlarge")
        for use in ("", "spot ")
    ] == [GENEROUS, 0, 2, 2, 3, 3]
    assert [(each["seen"], each["struck"]) for each in faulty.local("faults")] == [(0, 0)] * 3
    with pytest.raises(ClientError, match=r"'ml\.c5\.xlarge for training job usage' is 2 Instances"):
        faulty.create(ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 3, "VolumeSizeInGB": 1})


def test_the_generous_one_binds_too(faulty):
    with pytest.raises(ClientError, match=f"'ml.m5.large for training job usage' is {GENEROUS} Instances"):
        faulty.create(instances=GENEROUS + 1)


def test_throttling_has_the_services_own_error(faulty, quotas):
    faulty.fault("throttle", operation="servicequotas:*")
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        quotas.list_service_quotas(ServiceCode="sagemaker")


def test_the_log_knows_the_action(faulty, quotas):
    quotas.list_service_quotas(ServiceCode="sagemaker", MaxResults=1)
    logged = faulty.local("requests")[-1]
    assert (logged["action"], logged["resource"]) == ("servicequotas:ListServiceQuotas", "*")
