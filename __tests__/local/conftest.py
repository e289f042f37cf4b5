"""A real server process for the tests of a module, and what a client of it needs."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from engine import ABSENT, BASE, HOST, TestEngine
from forked import SOCKET, Fork
from machine import ROOT
from registry_client import RegistryClient

ROOT_FOLDER = Path(__file__).parents[2]
LOCAL = ROOT_FOLDER / "local"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
BUCKET = "bucket-of-tests"
THIS_PYTHON = (sys.executable,)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


class Server:
    """One server process and its clients."""

    def __init__(self, data, *flags, command=THIS_PYTHON, environment=None):
        self.data = Path(data)
        # An engine that happens to be there changes nothing, unless a test's own flags have it.
        flags = ["--port", "0", "--data", str(data), "--containers", "none", *flags]
        environment = {**os.environ, **(environment or {})}
        if SOCKET and command == THIS_PYTHON:
            self.process = Fork(flags, environment)
        else:
            self.process = subprocess.Popen(
                [*command, "-m", "sagemaker_local", *flags],
                cwd=LOCAL,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.communicate()[1])
        self.told = json.loads(line)
        if isinstance(self.process, Fork):
            self.process.pid = self.told["pid"]
        self.url = self.told["url"]
        self.s3, self.iam, self.sts, self.sagemaker, self.logs, self.ecr = map(
            self.client, ["s3", "iam", "sts", "sagemaker", "logs", "ecr"]
        )
        self.s3.create_bucket(Bucket=BUCKET)
        self.role = self.make_role("worker", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})

    def token(self, audience="sts.amazonaws.com", **query):
        """A token of OpenID Connect, as a runner asks for it."""
        told = self.local("oidc")
        more = "".join(f"&{name}={value}" for name, value in query.items())
        request = urllib.request.Request(f"{told['request_url']}{more}&audience={audience}")
        request.add_header("Authorization", f"bearer {told['request_token']}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["value"]

    def make_role(self, name, *statements):
        """The ARN of a role that SageMaker may assume, with a policy of these statements."""
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=json.dumps(policy))
        return role["Role"]["Arn"]

    def client(self, service, config=None, **options):
        keys = {"aws_access_key_id": "tester", "aws_secret_access_key": "tester"}
        options = {"region_name": "us-east-1", **keys, **options}
        config = Config(retries={"max_attempts": 0}, proxies={}).merge(config or Config())
        return boto3.client(service, endpoint_url=self.url, config=config, **options)

    def local(self, path, method="GET", value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.url}/_local/{path}", body, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def fault(self, kind, **fields):
        value = {"kind": kind, **{name.replace("_", "-"): each for name, each in fields.items()}}
        return self.local("faults", "POST", value)[0]

    def put(self, key, text):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=text)
        return f"s3://{BUCKET}/{key}"

    def keys(self, prefix=""):
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def text(self, key):
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()

    def request(self, script="true", *, name=None, instances=1, channels=None, **fields):
        """A CreateTrainingJob request that runs a shell script on each instance, `$B` being its /opt/ml."""
        name = name or f"job-{uuid.uuid4().hex[:8]}"
        code = self.put(f"code/{name}/run.sh", script)
        channels = {"code": {"S3Uri": code}, **(channels or {})}
        return {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": "image",
                "TrainingInputMode": "File",
                "ContainerEntrypoint": [
                    "sh",
                    "-c",
                    "B=${SAGEMAKER_BASE_DIR:-/opt/ml}; export B; exec sh $B/input/data/code/run.sh",
                ],
            },
            "InputDataConfig": [
                {"ChannelName": channel, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", **source}}}
                for channel, source in channels.items()
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **fields,
        }

    def create(self, script="true", **options):
        request = self.request(script, **options)
        self.sagemaker.create_training_job(**request)
        return request["TrainingJobName"]

    def describe(self, name):
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def ended(self, name, seconds=30):
        return wait_for(lambda: self._final(name), seconds, f"the end of {name}")

    def _final(self, name):
        job = self.describe(name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    def run(self, script="true", **options):
        """A job's description after its end."""
        return self.ended(self.create(script, **options))

    def streams(self, name):
        found = self.logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")
        return [stream["logStreamName"] for stream in found["logStreams"]]

    def lines(self, name, host="algo-1"):
        """All log lines of a host, read by tokens to the end."""
        stream = next((each for each in self.streams(name) if f"/{host}-" in each), None)
        if stream is None:
            raise LookupError(f"{name} has no log of {host}: {self.describe(name).get('FailureReason')}")
        lines, token = [], None
        while True:
            page = self.logs.get_log_events(
                logGroupName=LOG_GROUP,
                logStreamName=stream,
                startFromHead=True,
                **({"nextToken": token} if token else {}),
            )
            lines += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                return lines
            token = page["nextForwardToken"]

    def wait_for_line(self, name, line, host="algo-1"):
        def seen():
            try:
                return line in self.lines(name, host)
            except (self.logs.exceptions.ResourceNotFoundException, LookupError):
                return False

        wait_for(seen, 20, f"the line {line!r}")

    def end(self, number=signal.SIGTERM):
        """Its exit code and what it wrote to standard error."""
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=30)
        return self.process.returncode, told


def javascript_defaults(server):
    """What the JavaScript SDK meets with what it sends by default."""
    node = ROOT_FOLDER / "node_modules" / ".bin" / "node"
    ran = subprocess.run(
        [node if node.exists() else "node", Path(__file__).with_name("s3_defaults.mjs"), server.url, BUCKET],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


JAVASCRIPT_DEFAULTS = {
    "etagOfParts": True,
    "again": "PreconditionFailed",
    "body": hashlib.sha256(b"stream" * 1000).hexdigest(),
    "checksum": True,
    "owner": "AccessDenied",
}


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Starts servers, and ends those that a test leaves running."""
    started = []

    def start_server(*flags, data=None, **options):
        started.append(Server(data or tmp_path_factory.mktemp("data"), *flags, **options))
        return started[-1]

    yield start_server
    for server in started:
        if server.process.poll() is None:
            server.end()


@pytest.fixture(scope="session")
def server(start):
    """One for all tests that leave no mark on it; a tenth of AWS's waiting times, a grace period of 1.2 s."""
    return start("--time-scale", "0.01")


@pytest.fixture(scope="module")
def _faulty(start):
    return start("--time-scale", "0.01")


@pytest.fixture
def registry(server):
    return RegistryClient(server)


@pytest.fixture
def repository(server):
    name = f"group/repo-{uuid.uuid4().hex[:8]}"
    server.ecr.create_repository(repositoryName=name)
    return name


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    if not (HOST and BASE):
        pytest.skip(ABSENT)
    engine = TestEngine(tmp_path_factory.mktemp("docker"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def contained(start, engine):
    """A server whose jobs run in containers."""
    return start("--time-scale", "0.01", "--containers", "auto", environment=engine.environment)


@pytest.fixture
def faulty(_faulty):
    """One whose faults and pace a test may change: both are as at first for the next one."""
    yield _faulty
    _faulty.local("faults", "DELETE")
    _faulty.local("pace", "PUT", {"time_scale": 0.01, "log_delay": 0, "clock_ahead": 0, "clock_rate": 1})


@pytest.fixture(scope="session")
def sudo(tmp_path_factory):
    """For root a `sudo` that forgets the environment, as the real one does; an ordinary user has the real one."""
    if not ROOT:
        return {"PATH": os.environ["PATH"]}
    folder = tmp_path_factory.mktemp("bin")
    (folder / "sudo").write_text('#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 9\nshift 2\nexec env -i PATH="$PATH" "$@"\n')
    (folder / "sudo").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
