"""How jobs fail, are stopped and run out of time."""

import time

import pytest
from botocore.exceptions import ClientError
from conftest import BUCKET


def test_failure_file_and_exit_code(server):
    job = server.run("printf 'it broke\\nhere' > $B/output/failure; echo m > $B/model/m; exit 42")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: it broke\nhere, exit code: 42"
    assert "ModelArtifacts" not in job


def test_exit_code_alone(server):
    assert server.run("exit 3")["FailureReason"] == "AlgorithmError: , exit code: 3"
    assert server.run("sh -c 'kill -9 $$'")["FailureReason"] == "AlgorithmError: , exit code: 137"


def test_a_failure_file_fails_a_job_that_exits_with_0(server):
    job = server.run("echo x > $B/output/failure")
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", "AlgorithmError: x, exit code: 0")


def test_the_first_1024_characters_of_a_failure_file(server):
    job = server.run('python3 -c \'print("ä" * 3000, end="")\' > $B/output/failure; exit 1')
    assert job["FailureReason"] == f"AlgorithmError: {'ä' * 1024}, exit code: 1"


def test_one_failing_host_ends_the_others(server):
    began = time.monotonic()
    script = "test $(hostname) = algo-2 && sleep 1 && exit 7; trap 'echo told to stop; exit 0' TERM; sleep 50 & wait"
    job = server.run(script, instances=2)
    assert job["FailureReason"] == "AlgorithmError: , exit code: 7"
    assert "told to stop" in server.lines(job["TrainingJobName"], "algo-1")
    assert time.monotonic() - began < 15


def test_a_command_that_is_not_there(server):
    request = server.request()
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["no-such-program"]
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    assert job["FailureReason"] == "AlgorithmError: , exit code: 127"
    assert server.lines(request["TrainingJobName"]) == ['exec: "no-such-program": No such file or directory']


def test_stop_lets_the_job_save_its_state(server):
    script = "trap 'echo saving; echo s > /state/s; echo m > $B/model/m; exit 0' TERM; echo ready; sleep 60 & wait"
    name = server.create(script, CheckpointConfig={"S3Uri": f"s3://{BUCKET}/states/stop", "LocalPath": "/state"})
    server.wait_for_line(name, "ready")
    server.sagemaker.stop_training_job(TrainingJobName=name)
    assert server.describe(name)["TrainingJobStatus"] in ("Stopping", "Stopped")
    job = server.ended(name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert "FailureReason" not in job
    assert "saving" in server.lines(name)
    assert server.keys("states/stop/") == ["states/stop/s"]
    assert server.keys(f"out/{name}/") == [f"out/{name}/output/model.tar.gz"]
    with pytest.raises(ClientError) as refusal:
        server.sagemaker.stop_training_job(TrainingJobName=name)
    text = "The request was rejected because the training job is in status Stopped."
    assert refusal.value.response["Error"] == {"Code": "ValidationException", "Message": text}


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace_period(server):
    name = server.create("trap '' TERM; echo ready; while true; do sleep 0.1; done")
    server.wait_for_line(name, "ready")
    began = time.monotonic()
    server.sagemaker.stop_training_job(TrainingJobName=name)
    assert server.ended(name)["TrainingJobStatus"] == "Stopped"
    assert 1.0 < time.monotonic() - began < 5  # 120 s, scaled by 0.01


def test_stop_before_training(server):
    name = server.create("sleep 30")
    server.sagemaker.stop_training_job(TrainingJobName=name)
    assert server.ended(name)["TrainingJobStatus"] == "Stopped"


def test_max_runtime(server):
    script = "trap 'echo time is up; exit 0' TERM; sleep 60 & wait"
    job = server.run(script, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "time is up" in server.lines(job["TrainingJobName"])


def test_a_role_that_may_not_read_is_no_stand_still(server):
    """A state location without a bucket: the job fails and says why."""
    job = server.run("true", CheckpointConfig={"S3Uri": "s3://no-such-bucket-here/x"})
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "NoSuchBucket" in job["FailureReason"]


def test_without_entry_point_the_toolkit_is_needed(server):
    request = server.request(HyperParameters={"sagemaker_program": "run.sh"})
    del request["AlgorithmSpecification"]["ContainerEntrypoint"]
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    assert "sagemaker-training" in job["FailureReason"]


def test_an_entry_point_of_the_image_needs_the_image(server):
    request = server.request()
    del request["AlgorithmSpecification"]["ContainerEntrypoint"]
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Failed"
    assert (
        "the image image starts by its own entry point. That needs a Docker engine on this machine"
        in job["FailureReason"]
    )
