"""Images under names that only AWS has."""

import shutil
import subprocess
import uuid

import pytest


def docker(*arguments):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


NO_ENGINE = not shutil.which("docker") or docker("version").returncode != 0


def test_without_an_engine_it_is_said(start):
    there_is_none = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    server = start("--images", "1.dkr.ecr.us-east-1.amazonaws.com/x:1=local", environment=there_is_none)
    assert server.run()["TrainingJobStatus"] == "Completed"
    _, told = server.end()
    assert "images: none named, there is no Docker engine" in told


@pytest.mark.parametrize("value", ["x", "=x", "x=", "-x=y", "x=--privileged"])
def test_a_wrong_name_ends_the_start(start, value):
    with pytest.raises(RuntimeError, match="is not of the form URI=IMAGE"):
        start(f"--images={value}")


@pytest.mark.skipif(NO_ENGINE, reason="no Docker engine")
def test_a_local_image_gets_the_name(start):
    name = f"standin-{uuid.uuid4().hex[:8]}"
    uri = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{name}:1.0"
    made = subprocess.run(["docker", "import", "-", name], input=b"\0" * 1024, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    try:
        start("--images", f"{uri}={name}").end()
        assert docker("image", "inspect", uri).returncode == 0
        with pytest.raises(RuntimeError, match="--images: docker pull"):
            start("--images", f"{uri}=127.0.0.1:1/no-such-image")
    finally:
        docker("image", "rm", name, uri)
