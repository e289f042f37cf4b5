"""Jobs whose instances are of several types: ResourceConfig's InstanceGroups."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import BUCKET

LARGE = {"InstanceGroupName": "gpu", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1}
SMALL = {"InstanceGroupName": "cpu", "InstanceType": "ml.c5.xlarge", "InstanceCount": 2}


def resources(*groups, **more):
    return {"ResourceConfig": {"InstanceGroups": list(groups), "VolumeSizeInGB": 1, **more}}


def test_every_instance_knows_the_groups_and_its_own(server):
    name = server.create("cat $B/input/config/resourceconfig.json", **resources(LARGE, SMALL))
    job = server.ended(name)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert job["ResourceConfig"] == {"InstanceGroups": [LARGE, SMALL], "VolumeSizeInGB": 1}
    for host, group in (("algo-1", LARGE), ("algo-2", SMALL), ("algo-3", SMALL)):
        told = json.loads("".join(server.lines(name, host)))
        assert told.pop("network_interface_name")
        assert told == {
            "current_host": host,
            "current_group_name": group["InstanceGroupName"],
            "current_instance_type": group["InstanceType"],
            "hosts": ["algo-1", "algo-2", "algo-3"],
            "instance_groups": [
                {"instance_group_name": "gpu", "instance_type": "ml.g5.xlarge", "hosts": ["algo-1"]},
                {"instance_group_name": "cpu", "instance_type": "ml.c5.xlarge", "hosts": ["algo-2", "algo-3"]},
            ],
        }


def test_a_channel_of_a_group(server):
    for number in range(4):
        server.put(f"grouped/{number}", "x")
    source = {"S3Uri": f"s3://{BUCKET}/grouped/", "InstanceGroupNames": ["cpu"]}
    channels = {"all": source, "part": {**source, "S3DataDistributionType": "ShardedByS3Key"}}
    script = "cd $B/input/data; ls; ls part 2>/dev/null; grep -c part ../config/inputdataconfig.json; true"
    name = server.create(script, channels=channels, **resources(LARGE, SMALL))
    job = server.ended(name)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert server.lines(name, "algo-1") == ["code", "code-manifest", "0"]
    names = ["all", "all-manifest", "code", "code-manifest", "part", "part-manifest"]
    assert server.lines(name, "algo-2") == [*names, "0", "2", "1"]
    assert server.lines(name, "algo-3") == [*names, "1", "3", "1"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (resources(LARGE, InstanceType="ml.m5.large"), "InstanceGroups cannot be specified with InstanceType"),
        (resources(LARGE, InstanceCount=1), "InstanceGroups cannot be specified with InstanceCount"),
        (resources(LARGE, KeepAlivePeriodInSeconds=60), "KeepAlivePeriodInSeconds"),
        (resources(LARGE, LARGE), "names of InstanceGroups must be unique"),
        (resources(LARGE, {**SMALL, "InstanceCount": 0}), "'resourceConfig.instanceGroups.2.member.instanceCount'"),
        (resources(), "InstanceType must be specified"),
        (resources({**LARGE, "InstanceType": "ml.none"}), "'resourceConfig.instanceGroups.1.member.instanceType'"),
        (resources(*({**SMALL, "InstanceGroupName": str(each)} for each in range(6))), "less than or equal to 5"),
    ],
)
def test_what_groups_may_not_be(server, given, words):
    with pytest.raises(ClientError, match="ValidationException") as caught:
        server.create(**given)
    assert words in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("grouped", [resources(LARGE), {}])
def test_a_channel_names_groups_of_the_job(server, grouped):
    source = {"S3Uri": server.put("no-group/x", "x"), "InstanceGroupNames": ["tpu"]}
    with pytest.raises(ClientError, match="Channel odd: InstanceGroupNames: the job has no instance group tpu"):
        server.create(channels={"odd": source}, **grouped)


def test_quota_and_capacity_of_each_group(faulty):
    faulty.fault("quota", instance_type="ml.c5.xlarge", limit=3)
    again = {**SMALL, "InstanceGroupName": "more"}
    with pytest.raises(ClientError, match=r"'ml\.c5\.xlarge for training job usage' is 3 .* a request delta of 4 Inst"):
        faulty.create(**resources(SMALL, LARGE, again))
    name = faulty.create("sleep 30", **resources(LARGE, SMALL))
    with pytest.raises(ClientError, match="current utilization of 2 Instances and a request delta of 2 Instances"):
        faulty.create(**resources(SMALL))
    faulty.sagemaker.stop_training_job(TrainingJobName=name)
    faulty.ended(name)
    faulty.fault("no-capacity", instance_type="ml.g5.*")
    job = faulty.run(**resources(SMALL, LARGE))
    assert (job["TrainingJobStatus"], job["FailureReason"].partition(":")[0]) == ("Failed", "CapacityError")
