"""That nothing of a container outlives its job or server, whose its files are, and what runs without containers."""

import os
import signal
import subprocess
import uuid
from pathlib import Path

import pytest
from conftest import BUCKET, wait_for
from contained_jobs import create
from engine import BASE
from machine import ROOT, marked, supervising
from test_isolation import as_nobody


def test_nothing_outlives_a_job(contained, engine):
    name = create(contained, "echo m > $B/model/m; sleep 0.5", instances=2)
    wait_for(lambda: len(engine.left(contained)) == 3, 20, "two containers and a network")
    assert contained.ended(name)["TrainingJobStatus"] == "Completed"
    wait_for(lambda: not engine.left(contained), 10, "the end of the network")
    wait_for(lambda: not list((contained.data / "jobs").iterdir()), 10, "the end of the job's folder")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_server(start, engine, number):
    server = start("--containers", "auto", environment=engine.environment)
    name = create(server, "trap '' TERM; echo ready; while true; do sleep 1; done", instances=2)
    for host in ("algo-1", "algo-2"):
        server.wait_for_line(name, "ready", host)
    assert len(engine.left(server)) == 3
    assert len(supervising(server.data)) == 3
    code, _ = server.end(number)
    assert code == (-9 if number == signal.SIGKILL else 0)
    wait_for(lambda: not engine.left(server), 20, "the end of containers and network")
    wait_for(lambda: not supervising(server.data), 20, "the end of the supervisors")
    if number == signal.SIGTERM:
        assert [path.name for path in server.data.iterdir()] == ["requests.jsonl"]


def test_what_a_killed_server_left_goes_with_the_next_one(start, engine, tmp_path):
    label = f"sagemaker-local={tmp_path}"
    network = f"left-{uuid.uuid4().hex[:8]}"
    engine.run("network", "create", "--label", label, network)
    engine.run("run", "--detach", "--label", label, "--network", network, BASE, "sleep", "300")
    server = start("--containers", "auto", data=tmp_path, environment=engine.environment)
    assert engine.left(server) == []
    server.end()


def test_files_of_a_container_are_those_of_the_server(start, engine, tmp_path_factory):
    group = Path(engine.environment["DOCKER_HOST"].removeprefix("unix://")).stat().st_gid
    server = as_nobody(
        start, tmp_path_factory, "--isolation", "none", "--containers", "auto", group=group, **engine.environment
    )
    script = "mkdir $B/model/d; echo m > $B/model/d/m; chmod 700 $B/model/d; echo s > /state/s; chmod 600 /state/s"
    state = {"S3Uri": f"s3://{BUCKET}/states/nobody", "LocalPath": "/state"}
    job = server.ended(create(server, script, CheckpointConfig=state), 60)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert server.keys("states/nobody/") == ["states/nobody/s"]
    assert server.keys(f"out/{job['TrainingJobName']}/")
    wait_for(lambda: not list((server.data / "jobs").iterdir()), 10, "the end of the job's folder")
    assert engine.left(server) == []


def test_an_image_that_cannot_be_had_runs_as_processes(start, engine):
    server = start("--containers", "auto", environment=engine.environment)
    image = f"127.0.0.1:9/{uuid.uuid4().hex}:1"
    for _ in range(2):
        job = server.ended(create(server, "echo ran", image=image))
        assert server.lines(job["TrainingJobName"]) == ["ran"]
    reason = server.ended(create(server, image=image, entry_point=None))["FailureReason"]
    assert f"so the image {image} starts by its own entry point. That needs a Docker engine on this machine" in reason
    _, told = server.end()
    assert told.count(f"{image} cannot be pulled, jobs of it run as processes") == 1


def test_no_containers_where_none_are_asked_for(start, engine):
    server = start(environment=engine.environment)
    assert server.local("health")["containers_reason"] == "none asked for"
    image = engine.image(script="echo made > /mark-of-the-image")
    job = server.ended(create(server, "test -e /mark-of-the-image && echo container || echo process", image=image))
    assert server.lines(job["TrainingJobName"]) == ["process"]


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:9"])
def test_no_engine_is_said(start, host):
    server = start("--containers", "auto", environment={"DOCKER_HOST": host})
    health = server.local("health")
    assert health["containers"] is False
    assert health["containers_reason"]
    assert server.run()["TrainingJobStatus"] == "Completed"
    assert f"containers of jobs: {health['containers_reason']}" in server.end()[1]


@pytest.mark.skipif(not ROOT, reason="needs root")
def test_the_environment_is_on_no_command_line(contained):
    secret = f"secret-{uuid.uuid4().hex}"
    name = create(contained, "echo ready; sleep 3", Environment={"ONE": secret, "TWO": f"{secret}\n2"})
    seen = []

    def look():
        seen.extend(marked(secret))
        return contained.describe(name)["TrainingJobStatus"] == "Completed"

    wait_for(look, 30, "the end of the job")
    assert seen == []


def test_the_docker_command_is_told_of_its_engine(contained, engine):
    """A job's variables do not lead the docker command astray."""
    environment = {"DOCKER_HOST": "tcp://127.0.0.1:9", "DOCKER_CONFIG": "/none\n", "DOCKER_API_VERSION": "9.99\n"}
    job = contained.ended(create(contained, "echo $DOCKER_HOST$DOCKER_CONFIG", Environment=environment), 60)
    assert contained.lines(job["TrainingJobName"]) == ["tcp://127.0.0.1:9/none"]
    ran = subprocess.run(["docker", "version"], env={**os.environ, **engine.environment}, capture_output=True)
    assert ran.returncode == 0
