"""Jobs in containers: what is in one, and how hosts meet."""

import json
import socket
import urllib.request

import pytest
from conftest import BUCKET
from contained_jobs import lines_of, python, run
from engine import BASE


@pytest.fixture
def server(contained):
    yield contained
    contained.local("faults", "DELETE")


def test_a_job_runs_in_its_image(server, engine):
    image = engine.image(script="echo made > /mark")
    source = server.put("in/one/data.txt", "input")
    script = "cat /mark $B/input/data/in/*; echo; hostname; echo m > $B/model/m; cp -r $B/input $B/output/data; echo $$"
    job = run(server, script, image=image, channels={"in": {"S3Uri": source}})
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert lines_of(server, job) == ["made", "input", "algo-1", "1"]
    assert job["AlgorithmSpecification"]["TrainingImage"] == image
    name = job["TrainingJobName"]
    assert set(server.keys(f"out/{name}/")) == {f"out/{name}/output/{each}.tar.gz" for each in ("model", "output")}
    assert server.local("health")["containers"] is True
    with urllib.request.urlopen(f"{server.url}/_local/jobs/us-east-1/{name}") as page:
        assert "in containers" in page.read().decode()


MEET = """
def meet(host, port):
    while True:
        try:
            return socket.create_connection((host, port), 5)
        except OSError:
            time.sleep(0.1)
"""


def test_hosts_meet_by_name_on_any_port(server):
    script = python(
        "import json, socket, threading, time",
        "config = json.load(open('/opt/ml/input/config/resourceconfig.json'))",
        "listener = socket.create_server(('', 29500))",
        "def answer():",
        "    connection, _ = listener.accept()",
        "    connection.sendall(config['current_host'].encode())",
        "    connection.close()",
        "thread = threading.Thread(target=answer); thread.start()",
        "(peer,) = [host for host in config['hosts'] if host != config['current_host']]",
        MEET,
        "print('met', meet(peer, 29500).recv(100).decode(), config['network_interface_name'])",
        "assert peer in open('/etc/hosts').read()",  # known before it runs
        "assert config['network_interface_name'] in [name for _, name in socket.if_nameindex()]",
        "thread.join()",
    )
    job = run(server, script, instances=2)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert lines_of(server, job, "algo-1") == ["met algo-2 eth0"]
    assert lines_of(server, job, "algo-2") == ["met algo-1 eth0"]


def test_entry_points_and_arguments(server, engine):
    own = engine.image('ENTRYPOINT ["sh", "-c", "echo own $0 $*", "-"]', 'CMD ["of the image"]')
    assert lines_of(server, run(server, image=own, entry_point=None)) == ["own - train"]
    assert lines_of(server, run(server, image=own, entry_point=None, arguments=["a b", "c"])) == ["own - a b c"]
    asked = run(server, image=own, entry_point=["printf", "%s|"], arguments=["a b", "", "--x"])
    assert lines_of(server, asked) == ["a b||--x|"]
    alone = run(server, image=own, entry_point=["echo", "only this"])
    assert lines_of(server, alone) == ["only this"]


def test_an_image_without_python(server, engine):
    image = engine.image(script="rm /usr/bin/python3*")
    job = run(server, "command -v python3 || echo none; tar --version > /dev/null && echo shell", image=image)
    assert lines_of(server, job) == ["none", "shell"]


def test_an_image_of_an_ordinary_user(server, engine):
    image = engine.image("USER 65534")
    script = "id -u; echo m > $B/model/m; echo s > /state/s; mkdir $B/model/private; chmod 700 $B/model/private"
    state = {"S3Uri": f"s3://{BUCKET}/states/user", "LocalPath": "/state"}
    job = run(server, script, image=image, CheckpointConfig=state)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert lines_of(server, job) == ["65534"]
    assert server.keys("states/user/") == ["states/user/s"]


def test_the_environment(server):
    values = {
        "TWO_LINES": "one\ntwo\n",
        "PATH": "/usr/bin:/own",
        "SPACES": '  a "b" $c #d  ',
        "EMPTY": "",
        "HOME": "/h\n2",
    }
    script = python("import json, os", "print(json.dumps(dict(os.environ)))")
    job = run(server, script, Environment=values)
    (line,) = lines_of(server, job)
    found = json.loads(line)
    assert {name: found[name] for name in values} == values
    assert found["TRAINING_JOB_NAME"] == job["TrainingJobName"]
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["AWS_ENDPOINT_URL"] == found["S3_ENDPOINT_URL"]
    secret = {name for name in found if "DOCKER" in name or "LD_" in name or "AWS_CONTAINER" in name}
    assert secret == set()


CALL = """
import os, sys, urllib.error, urllib.request
def call(path, method="GET", body=None):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, body, method=method)
    scope = os.environ["AWS_ACCESS_KEY_ID"] + "/20260101/us-east-1/s3/aws4_request"
    request.add_header("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    request.add_header("X-Amz-Security-Token", os.environ["AWS_SESSION_TOKEN"])
    try:
        return urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        return error.code
"""


def test_aws_is_reached_as_the_role(server):
    server.put("large", "x" * 3_000_000)
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
    writes = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/out/*"}
    role = server.make_role(f"reader-{server.process.pid}", reads, writes)
    server.local("requests", "DELETE")
    script = python(CALL, f"print(len(call('/{BUCKET}/large')))", f"print(call('/{BUCKET}/no', 'PUT', b'x'))")
    job = run(server, script, RoleArn=role)
    assert lines_of(server, job) == ["3000000", "403"]
    principals = {each["principal"] for each in server.local("requests") if each["resource"].endswith("/large")}
    assert principals == {f"arn:aws:sts::123456789012:assumed-role/reader-{server.process.pid}/SageMaker"}


def test_network_isolation(server):
    """What listens on every address of the machine is reached by other jobs at the gateway, but not by such a one."""
    with socket.create_server(("0.0.0.0", 0)) as machine:
        port = machine.getsockname()[1]
        script = python(
            "import os, socket, json, time",
            "print(sorted(name for name in os.environ if name.startswith('AWS_')))",
            "config = json.load(open('/opt/ml/input/config/resourceconfig.json'))",
            "listener = socket.create_server(('', 1234))",
            "gateway = socket.gethostbyname('algo-1').rpartition('.')[0] + '.1'",
            "try:",
            f"    socket.create_connection((gateway, {port}), 3)",
            "    print('reached')",
            "except OSError:",
            "    print('not reached')",
            "(peer,) = [host for host in config['hosts'] if host != config['current_host']]",
            MEET,
            "print(meet(peer, 1234) and 'peer')",
            "listener.accept()",
        )
        isolated = run(server, script, instances=2, EnableNetworkIsolation=True)
        other = run(server, script, instances=2)
    for host in ("algo-1", "algo-2"):
        assert lines_of(server, isolated, host) == ["['AWS_DEFAULT_REGION', 'AWS_REGION']", "not reached", "peer"]
        assert lines_of(server, other, host)[1:] == ["reached", "peer"]


def test_a_pipe(server):
    source = server.put("pipe/one", "through the pipe\n")
    job = run(
        server,
        "cat $B/input/data/fast_0",
        channels={"fast": {"S3Uri": source}},
    )
    assert job["TrainingJobStatus"] == "Failed"  # in File mode there is none
    request = server.request("cat $B/input/data/fast_0", channels={"fast": {"S3Uri": source}})
    request["AlgorithmSpecification"]["TrainingImage"] = BASE
    request["InputDataConfig"][1]["InputMode"] = "Pipe"
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"], 60)
    assert lines_of(server, job) == ["through the pipe"]
