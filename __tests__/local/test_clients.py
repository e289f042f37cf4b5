"""Clients that never heard of this server: the SageMaker Python SDK v2 and v3 and `ssm`, each unchanged, find AWS by
its own host names through the proxy, and see what they would see at AWS.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import LOCAL, TRUST

VENVS = os.environ.get("CLIENT_VENVS", "")
HERE = Path(__file__).parent / "clients"
INSTANCE = ("--it", "ml.m5.large")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not VENVS, reason="no clients: npm run test:full fetches them"),
]


@pytest.fixture(scope="module")
def aws(start):
    """A server whose jobs have AWS's training toolkit, and the role that its console would have made."""
    path = f"{VENVS}/worker/bin{os.pathsep}{os.environ['PATH']}"
    server = start("--tls", "--time-scale", "0.01", environment={"PATH": path})
    server.iam.create_role(RoleName="SdkRole", AssumeRolePolicyDocument=json.dumps(TRUST))
    server.iam.attach_role_policy(RoleName="SdkRole", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
    return server


@pytest.fixture
def run(aws, tmp_path):
    """Runs a client's program in a folder with the worker's code; its output."""
    shutil.copytree(HERE / "code", tmp_path / "code")
    bundle = aws.told["tls"]["bundle"]

    def run_client(venv, *arguments, code=0):
        environment = {
            "HOME": str(tmp_path),
            "PATH": f"{VENVS}/{venv}/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HTTPS_PROXY": aws.told["tls"]["proxy"],
            **dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), bundle),
            **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "us-east-1"),
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "tester",
            "COLUMNS": "400",
        }
        command = [f"{VENVS}/{venv}/bin/{arguments[0]}", *map(str, arguments[1:])]
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        told = ran.stdout + ran.stderr
        assert ran.returncode == code, told[-6000:]
        return told

    return run_client


def jobs(aws, prefix):
    return [
        aws.describe(each["TrainingJobName"])
        for each in aws.sagemaker.list_training_jobs(NameContains=prefix, MaxResults=100)["TrainingJobSummaries"]
    ]


def test_the_sdk_v2_trains(aws, run):
    told = run("sdk2", "python", HERE / "sdk2.py")
    for line in (
        "Starting - Preparing the instances for training",
        "Training - Training image download completed. Training in progress.",
        "Completed - Training job completed",
        "['--lr', '0.1', '--name', 'plain']",  # AWS's images print what `print` writes in parts on lines of their own
        "['x.csv']",
        "METRIC loss 0.25",
        "ATTACHED True",
        "LISTED True",
    ):
        assert line in told, told
    assert re.search(r"^Training seconds: \d+$", told, re.MULTILINE)
    (job,) = jobs(aws, "sdk-v2-ok")
    assert job["CheckpointConfig"]["S3Uri"].endswith("/v2/checkpoints")
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    assert aws.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    state = aws.s3.list_objects_v2(Bucket=bucket, Prefix="v2/checkpoints/")["Contents"]
    assert [entry["Key"] for entry in state] == ["v2/checkpoints/step"]


def test_the_sdk_v2_tells_of_a_failure_as_of_aws_s_images(aws, run):
    told = run("sdk2", "python", HERE / "sdk2.py", "fail", code=1)
    assert "UnexpectedStatusException" in told
    (job,) = jobs(aws, "sdk-v2-fail")
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage ")
    assert "ValueError: boom: 3" in job["FailureReason"]
    assert job["FailureReason"].endswith(", exit code: 1")


def test_the_sdk_v3_trains(run):
    told = run("sdk3", "python", HERE / "sdk3.py")
    for line in ("STATUS Completed", "GOT Completed", "LISTED True", "STOPPED Stopped"):
        assert line in told
    for line in ("args ['--lr', '0.1']", "channel ['x.csv']", "loss=0.25"):
        assert line in told


def test_ssm_runs_a_task_once(aws, run):
    arguments = (
        "ssm",
        "run",
        "-p",
        "ssm-project",
        "-t",
        "task1",
        "-e",
        "code/worker.py",
        "--it",
        "ml.m5.large",
        "--ic",
        "2",
    )
    fetch = ("--download_state", "--download_model", "--download_output")
    told = run("ssm", *arguments, "-o", "out1", *fetch, "--", "--lr", "0.1")
    assert told.count("worker sees") == 2
    assert "Completed - Training job completed" in told
    (job,) = jobs(aws, "task1")
    assert job["TrainingJobStatus"] == "Completed"
    told = run("ssm", *arguments, "-o", "out2", *fetch, "--", "--lr", "0.1")
    assert f"Task task1 is already completed by {job['TrainingJobName']}" in told
    assert len(jobs(aws, "task1")) == 1


def test_ssm_runs_a_shell_command(aws, run):
    told = run(
        "ssm",
        "ssm",
        "shell",
        "-p",
        "ssm-shell",
        "-t",
        "task2",
        "-o",
        "out",
        "--it",
        "ml.m5.large",
        "--cmd_line",
        "echo of ssm",
    )
    assert "of ssm" in told
    (job,) = jobs(aws, "task2")
    assert job["TrainingJobStatus"] == "Completed"


def test_script_mode_without_the_toolkit_says_what_is_missing(start):
    server = start("--time-scale", "0.01", environment={"PATH": "/usr/bin:/bin"})
    request = server.request(HyperParameters={"sagemaker_program": "run.sh"})
    del request["AlgorithmSpecification"]["ContainerEntrypoint"]
    server.sagemaker.create_training_job(**request)
    reason = server.ended(request["TrainingJobName"])["FailureReason"]
    assert "pip install sagemaker-training" in reason
    assert (LOCAL / "requirements-script-mode.txt").exists()
