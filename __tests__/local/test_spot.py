"""Capacity and spot: waiting in Starting, time limits, interruptions with a new start, preferences."""

import time

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def server(faulty):
    return faulty


def spot(wait=600, runtime=60, **fields):
    condition = {"MaxRuntimeInSeconds": runtime, "MaxWaitTimeInSeconds": wait}
    return {"EnableManagedSpotTraining": True, "StoppingCondition": condition, **fields}


def transitions(job):
    return [each["Status"] for each in job["SecondaryStatusTransitions"]]


def preferring(server, *types, count=1, **options):
    request = server.request("cp $B/input/config/resourceconfig.json $B/model", **options)
    request["ResourceConfig"] = {
        "InstancePreferences": [{"InstanceType": each, "InstanceCount": count} for each in types],
        "VolumeSizeInGB": 1,
    }
    return request


def test_spot_is_billed_less(server):
    job = server.run("sleep 3", **spot())
    assert transitions(job) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert 3 <= job["TrainingTimeInSeconds"] <= 6
    assert 0 < job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]
    on_demand = server.run("sleep 1")
    assert on_demand["BillableTimeInSeconds"] == on_demand["TrainingTimeInSeconds"]


def test_messages_and_times_of_transitions(server):
    job = server.run("sleep 1")
    told = [(each["Status"], each["StatusMessage"]) for each in job["SecondaryStatusTransitions"]]
    assert told == [
        ("Starting", "Preparing the instances for training"),
        ("Downloading", "Downloading the training image"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "Training job completed"),
    ]
    for one, next_one in zip(job["SecondaryStatusTransitions"], job["SecondaryStatusTransitions"][1:], strict=False):
        assert one["StartTime"] <= one["EndTime"] == next_one["StartTime"]
    times = job["CreationTime"], job["TrainingStartTime"], job["TrainingEndTime"], job["LastModifiedTime"]
    assert list(times) == sorted(times)
    assert job["TrainingStartTime"] == job["SecondaryStatusTransitions"][1]["StartTime"]


def test_without_capacity_a_spot_job_stays_in_starting(server):
    number = server.fault("no-capacity", instance_type="ml.m5.*", spot=True)["id"]
    name = server.create("echo ran", **spot(wait=6000))
    time.sleep(1)
    job = server.describe(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("InProgress", "Starting")
    message = job["SecondaryStatusTransitions"][-1]["StatusMessage"]
    assert message == "Insufficient capacity error from EC2 while launching instances, retrying!"
    assert "TrainingStartTime" not in job
    assert server.run("true")["TrainingJobStatus"] == "Completed"  # on demand there is some
    server.local(f"faults/{number}", "DELETE")
    assert server.ended(name)["TrainingJobStatus"] == "Completed"


def test_a_spot_job_waits_no_longer_than_it_may(server):
    server.fault("no-capacity", spot=True)
    job = server.run("echo ran", **spot(wait=100))  # a second of this server's
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert transitions(job) == ["Starting", "MaxWaitTimeExceeded"]
    assert "FailureReason" not in job
    assert "TrainingTimeInSeconds" not in job
    assert "ModelArtifacts" not in job


def test_a_waiting_job_is_stopped(server):
    server.fault("no-capacity")
    name = server.create("true", **spot(wait=6000))
    time.sleep(0.3)
    server.sagemaker.stop_training_job(TrainingJobName=name)
    job = server.ended(name)
    assert transitions(job) == ["Starting", "Stopping", "Stopped"]


def test_on_demand_without_capacity_fails(server):
    server.fault("no-capacity", instance_type="ml.m5.large")
    job = server.run("true")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("CapacityError: Unable to provision requested ML compute capacity.")


def test_running_ends_when_the_wait_time_is_over(server):
    job = server.run("echo up; sleep 60", **spot(wait=3, runtime=3))
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    server.fault("no-capacity", spot=True, times=20)  # 2 s of the server's waiting are 200 of AWS's
    job = server.run("echo up; sleep 60", **spot(wait=203, runtime=100))
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "Training" in transitions(job)


INTERRUPTED = """
trap 'echo told; echo late > $S/late; exit 0' TERM
S=$(sed 's/.*"LocalPath": "\\([^"]*\\)".*/\\1/' $B/input/config/checkpointconfig.json)
echo found $(cat $S/steps 2>/dev/null)
echo $(hostname) >> $S/steps
test -f $S/second && { echo done > $B/model/$(hostname); exit 0; }
touch $S/second
sleep 60 & wait
"""


def test_an_interruption_starts_again_with_all_checkpoints(server):
    server.fault("interrupt", job="spotty*", after=1)
    fields = spot(CheckpointConfig={"S3Uri": "s3://bucket-of-tests/spotty"})
    job = server.run(INTERRUPTED, name="spotty-1", **fields)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    once = ["Starting", "Downloading", "Training"]
    assert transitions(job) == [*once, "Interrupted", *once, "Uploading", "Completed"]
    first, second = sorted(server.streams("spotty-1"))
    assert first != second
    lines = [
        [event["message"] for event in page["events"]]
        for page in (
            server.logs.get_log_events(
                logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=each, startFromHead=True
            )
            for each in (first, second)
        )
    ]
    assert lines == [["found", "told"], ["found algo-1"]]
    assert set(server.keys("spotty/")) == {"spotty/steps", "spotty/second", "spotty/late"}
    assert server.text("spotty/steps").count("algo-1") == 2
    running = sum(
        (each["EndTime"] - each["StartTime"]).total_seconds()
        for each in job["SecondaryStatusTransitions"]
        if each["Status"] in ("Downloading", "Training", "Uploading")
    )
    assert abs(job["TrainingTimeInSeconds"] - running) <= 1


def test_an_interruption_now_and_no_capacity_after_it(server):
    name = server.create("echo up; sleep 60", **spot(wait=6000))
    server.wait_for_line(name, "up")
    server.fault("no-capacity", spot=True)
    server.fault("interrupt", job=name)
    deadline = time.monotonic() + 10
    while transitions(server.describe(name))[-2:] != ["Interrupted", "Starting"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert transitions(server.describe(name))[-2:] == ["Interrupted", "Starting"]
    server.sagemaker.stop_training_job(TrainingJobName=name)
    assert server.ended(name)["SecondaryStatus"] == "Stopped"


def test_a_job_on_demand_is_not_interrupted(server):
    server.fault("interrupt")
    assert "Interrupted" not in transitions(server.run("sleep 1"))


def test_preferences_take_the_first_type_with_capacity(server):
    server.fault("no-capacity", instance_type="ml.m5.large", spot=False)
    request = preferring(server, "ml.m5.large", "ml.c5.xlarge", "ml.c5.2xlarge", count=2)
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    resources = job["ResourceConfig"]
    assert (resources["SelectedInstanceType"], resources["SelectedInstanceCount"]) == ("ml.c5.xlarge", 2)
    assert "InstanceType" not in resources


def test_one_count_for_all_preferences(server):
    request = preferring(server, "ml.m5.large", "ml.c5.xlarge")
    for preference in request["ResourceConfig"]["InstancePreferences"]:
        del preference["InstanceCount"]
    request["ResourceConfig"]["InstanceCount"] = 2
    server.fault("no-capacity", instance_type="ml.m5.large")
    server.sagemaker.create_training_job(**request)
    resources = server.ended(request["TrainingJobName"])["ResourceConfig"]
    assert (resources["SelectedInstanceType"], resources["SelectedInstanceCount"]) == ("ml.c5.xlarge", 2)


def test_preferences_without_any_capacity(server):
    server.fault("no-capacity", spot=False)
    request = preferring(server, "ml.m5.large", "ml.c5.xlarge")
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    assert job["FailureReason"].startswith("CapacityError: Unable to provision requested ML compute capacity.")
    assert "SelectedInstanceType" not in job["ResourceConfig"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"EnableManagedSpotTraining": True}, "spot"),
        ({"resources": {"InstanceType": "ml.m5.large"}}, "InstancePreferences cannot be specified with InstanceType"),
        ({"resources": {"InstanceCount": 1}}, "either for all InstancePreferences or once"),
        ({"preferences": [{}, {}]}, "either for all InstancePreferences or once"),
        ({"preferences": [{"InstanceCount": 1}, {}]}, "either for all InstancePreferences or once"),
        ({"resources": {"SelectedInstanceType": "ml.m5.large"}}, "SelectedInstanceType cannot be specified"),
        ({"types": ("ml.m5.large", "ml.m5.large")}, "must not repeat an instance type: ml.m5.large"),
        ({"types": ("ml.m5.large", "ml.m5.huge")}, "'ml.m5.huge' at 'resourceConfig.instancePreferences.2.member."),
        (
            {"types": [f"ml.m5.{size}xlarge" for size in ("", 2, 4, 12, 24)] + ["ml.c5.xlarge"]},
            "less than or equal to 5",
        ),
        ({"count": 0}, "instancePreferences.1.member.instanceCount"),
        ({"quota": True}, "'ml.c5.xlarge for training job usage' is 0 Instances"),
    ],
)
def test_preferences_that_are_refused(server, change, words):
    if change.pop("quota", False):
        server.fault("quota", instance_type="ml.c5.xlarge", limit=0)
    types = change.pop("types", ("ml.m5.large", "ml.c5.xlarge"))
    request = preferring(server, *types, count=change.pop("count", 1))
    given = request["ResourceConfig"]["InstancePreferences"]
    for preference, counts in zip(given, change.pop("preferences", []), strict=False):
        del preference["InstanceCount"]
        preference.update(counts)
    request["ResourceConfig"].update(change.pop("resources", {}))
    if change:
        request = {**request, **spot(), **change}
    with pytest.raises(ClientError, match=words):
        server.sagemaker.create_training_job(**request)
