"""How jobs in containers end."""

import signal
import socket

import pytest
from conftest import BUCKET, wait_for
from contained_jobs import create, run
from machine import marked


@pytest.fixture
def server(contained):
    yield contained
    contained.local("faults", "DELETE")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 42", "AlgorithmError: , exit code: 42"),
        ("echo why > $B/output/failure; exit 3", "AlgorithmError: why, exit code: 3"),
        ("echo why > $B/output/failure", "AlgorithmError: why, exit code: 0"),
        ("kill -9 $$; sleep 1; exit 4", "AlgorithmError: , exit code: 4"),  # PID 1 is not killed from within
    ],
)
def test_failures(server, script, reason):
    job = run(server, script)
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", reason)


@pytest.mark.parametrize(
    ("entry_point", "reason"),
    [
        (["no-such-program"], 'exec: "no-such-program": executable file not found in $PATH'),
        (["/opt/ml"], 'exec: "/opt/ml": permission denied'),
    ],
)
def test_what_cannot_be_started(server, entry_point, reason):
    job = run(server, entry_point=entry_point)
    assert job["FailureReason"].startswith("AlgorithmError: The container could not be started: ")
    assert reason in job["FailureReason"]


def test_stop_lets_the_job_save_its_state(server):
    script = "trap 'echo saving; echo s > /state/s; exit 0' TERM; echo ready; sleep 60 & wait"
    name = create(server, script, CheckpointConfig={"S3Uri": f"s3://{BUCKET}/states/stopped", "LocalPath": "/state"})
    server.wait_for_line(name, "ready")
    server.sagemaker.stop_training_job(TrainingJobName=name)
    assert server.ended(name)["SecondaryStatus"] == "Stopped"
    assert "saving" in server.lines(name)
    assert server.keys("states/stopped/") == ["states/stopped/s"]


def test_what_ignores_sigterm_is_killed(server):
    job = run(server, "trap '' TERM; while true; do sleep 0.1; done", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_spot_interruption(server):
    server.fault("interrupt", after=1)
    script = (
        "cat $B/checkpoints/seen 2>/dev/null && exit 0; trap 'echo again > $B/checkpoints/seen; exit 0' TERM; "
        "echo first; sleep 60 & wait"
    )
    condition = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 600}
    state = {"S3Uri": f"s3://{BUCKET}/states/spot"}
    job = run(server, script, EnableManagedSpotTraining=True, StoppingCondition=condition, CheckpointConfig=state)
    assert "Interrupted" in [each["Status"] for each in job["SecondaryStatusTransitions"]]
    assert job["TrainingJobStatus"] == "Completed"
    streams = server.streams(job["TrainingJobName"])
    assert len(streams) == 2


def test_a_link_does_not_lead_out_of_the_container(server, tmp_path):
    """What it means in there is nothing to the machine that keeps the files."""
    (tmp_path / "secret").write_text("secret")
    script = f"rmdir $B/model; ln -s {tmp_path} $B/model; ln -s {tmp_path}/secret $B/output/failure"
    job = run(server, script)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert server.keys(f"out/{job['TrainingJobName']}/") == []


def test_a_pull_that_takes_long_is_stopped(server):
    """A registry that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        image = f"127.0.0.1:{silent.getsockname()[1]}/silent:1"
        name = create(server, image=image)
        wait_for(lambda: marked(f"{image}"), 20, "the pull")
        server.sagemaker.stop_training_job(TrainingJobName=name)
        assert server.ended(name, 10)["TrainingJobStatus"] == "Stopped"
        wait_for(lambda: not marked(image), 5, "the end of the pull")


def test_a_pull_ends_with_the_server(start, engine):
    server = start("--containers", "auto", environment=engine.environment)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        image = f"127.0.0.1:{silent.getsockname()[1]}/silent:1"
        create(server, image=image)
        wait_for(lambda: marked(image), 20, "the pull")
        server.end(signal.SIGKILL)
        wait_for(lambda: not marked(image), 5, "the end of the pull")
