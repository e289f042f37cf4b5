"""What a training job reads, writes and leaves, on one host and on two."""

import io
import json
import tarfile

import pytest
from conftest import BUCKET, wait_for


def members(server, key):
    body = server.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        content = {each.name: tar.extractfile(each).read().decode() if each.isfile() else None for each in tar}
        assert sorted(content) == sorted(tar.getnames()), "a member is there twice"
        return content


@pytest.fixture(scope="module")
def two_hosts(server):
    for number in range(5):
        server.put(f"numbers/{number}.txt", str(number))
    server.put("states/two/kept.txt", "from before")
    server.put("states/two-sibling/no.txt", "not ours")
    script = """
    H=$(hostname)
    cat /state/kept.txt; echo
    ls /state
    cat $B/input/data/numbers/* | tr -d '\\n'; echo
    ls $B/input/data/everywhere
    echo "model of $H" > $B/model/$H
    mkdir -p $B/model/folder && echo both > $B/model/folder/both
    echo "output of $H" > $B/output/data/$H
    echo "state of $H" > /state/$H
    """
    everywhere = {"S3Uri": f"s3://{BUCKET}/numbers/", "S3DataDistributionType": "FullyReplicated"}
    numbers = {"S3Uri": f"s3://{BUCKET}/numbers/", "S3DataDistributionType": "ShardedByS3Key"}
    return server.run(
        script,
        instances=2,
        channels={"numbers": numbers, "everywhere": everywhere},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/states/two", "LocalPath": "/state"},
    )


def test_two_hosts_complete(two_hosts):
    assert two_hosts["TrainingJobStatus"] == "Completed", two_hosts.get("FailureReason")
    phases = [each["Status"] for each in two_hosts["SecondaryStatusTransitions"]]
    assert phases == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    for earlier, later in zip(
        two_hosts["SecondaryStatusTransitions"], two_hosts["SecondaryStatusTransitions"][1:], strict=False
    ):
        assert earlier["EndTime"] == later["StartTime"]
    assert two_hosts["CreationTime"] <= two_hosts["TrainingStartTime"] <= two_hosts["TrainingEndTime"]


def test_sharding_is_round_robin_by_key(server, two_hosts):
    name = two_hosts["TrainingJobName"]
    everything = [f"{number}.txt" for number in range(5)]
    assert server.lines(name, "algo-1") == ["from before", "kept.txt", "024", *everything]
    assert server.lines(name, "algo-2") == ["from before", "kept.txt", "13", *everything]


def test_archives(server, two_hosts):
    prefix = f"out/{two_hosts['TrainingJobName']}/output"
    assert two_hosts["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/{prefix}/model.tar.gz"
    assert members(server, f"{prefix}/model.tar.gz") == {
        "algo-1": "model of algo-1\n",
        "algo-2": "model of algo-2\n",
        "folder": None,
        "folder/both": "both\n",
    }
    assert members(server, f"{prefix}/output.tar.gz") == {"algo-1": "output of algo-1\n"}


def test_state_of_all_hosts_is_one(server, two_hosts):
    assert two_hosts["CheckpointConfig"]["LocalPath"] == "/state"
    assert server.keys("states/two/") == [f"states/two/{name}" for name in ("algo-1", "algo-2", "kept.txt")]
    assert server.text("states/two/algo-2") == "state of algo-2\n"


def test_an_empty_folder_gives_no_archive(server):
    job = server.run("true")
    assert job["TrainingJobStatus"] == "Completed"
    assert server.keys(f"out/{job['TrainingJobName']}/") == []


def test_state_reaches_s3_while_the_job_runs(server):
    config = {"S3Uri": f"s3://{BUCKET}/states/live", "LocalPath": "/state"}
    name = server.create("echo 1 > /state/step; sleep 60", CheckpointConfig=config)
    wait_for(lambda: "states/live/step" in server.keys("states/live/"), 15, "the state")
    assert server.describe(name)["TrainingJobStatus"] == "InProgress"
    server.sagemaker.stop_training_job(TrainingJobName=name)
    server.ended(name)


def test_state_that_was_not_touched_is_not_uploaded_again(server):
    server.put("states/still/a", "1")
    before = server.s3.head_object(Bucket=BUCKET, Key="states/still/a")["LastModified"]
    server.local("requests", "DELETE")
    server.run("sleep 0.5", CheckpointConfig={"S3Uri": f"s3://{BUCKET}/states/still"})
    puts = [each for each in server.local("requests") if each["resource"].endswith("states/still/a")]
    assert {each["operation"] for each in puts} == {"HeadObject", "GetObject"}
    assert server.s3.head_object(Bucket=BUCKET, Key="states/still/a")["LastModified"] == before


def test_default_checkpoint_path(server):
    config = {"S3Uri": f"s3://{BUCKET}/states/default"}
    job = server.run(
        "echo x > /opt/ml/checkpoints/x; cat $B/input/config/checkpointconfig.json", CheckpointConfig=config
    )
    assert server.keys("states/default/") == ["states/default/x"]
    (line,) = server.lines(job["TrainingJobName"])
    assert json.loads(line)["LocalPath"] == "/opt/ml/checkpoints"


def test_hosts_reach_each_other_by_name(server):
    server.put("code/net.py", NET)
    channels = {"net": {"S3Uri": f"s3://{BUCKET}/code/net.py"}}
    job = server.run("exec python3 -u $B/input/data/net/net.py", instances=2, channels=channels)
    assert job["TrainingJobStatus"] == "Completed", server.lines(job["TrainingJobName"], "algo-2")
    assert server.lines(job["TrainingJobName"], "algo-1") == ["got hello of algo-2"]


NET = """
import socket, time
me = socket.gethostname()
address = (socket.gethostbyname("algo-1"), 29517)
if me == "algo-1":
    with socket.create_server(address) as server:
        connection, _ = server.accept()
        print("got", connection.recv(100).decode())
else:
    deadline = time.time() + 10
    while True:
        try:
            with socket.create_connection(address) as connection:
                connection.sendall(f"hello of {me}".encode())
            break
        except OSError:
            if time.time() > deadline: raise
            time.sleep(0.05)
"""


def test_a_job_acts_as_its_role(server):
    server.local("requests", "DELETE")
    script = """
    python3 - <<'PYTHON'
import json, os, urllib.request
found = json.load(urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]))
print(sorted(found))
print(os.environ["TRAINING_JOB_NAME"], os.environ["AWS_REGION"])
PYTHON
    """
    job = server.run(script)
    assert server.lines(job["TrainingJobName"]) == [
        "['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']",
        f"{job['TrainingJobName']} us-east-1",
    ]
    callers = {each["principal"] for each in server.local("requests") if each["resource"].endswith("run.sh")}
    assert "arn:aws:sts::123456789012:assumed-role/worker/SageMaker" in callers


def test_spot_is_billed_less(server):
    stopping = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}
    job = server.run("sleep 2", EnableManagedSpotTraining=True, StoppingCondition=stopping)
    assert 0 < job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]
    job = server.run("true")
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] >= 1


def test_describe_echoes_the_request(server):
    fields = {"HyperParameters": {"a": "1"}, "Environment": {"X": "y"}, "Tags": [{"Key": "k", "Value": "v"}]}
    request = server.request("echo $X", name="Echo-1", **fields)
    arn = server.sagemaker.create_training_job(**request)["TrainingJobArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:training-job/echo-1"
    job = server.ended("Echo-1")
    for name, value in request.items():
        if name not in ("Tags", "OutputDataConfig"):
            assert job[name] == value
    assert job["OutputDataConfig"] == {"KmsKeyId": "", **request["OutputDataConfig"]}
    assert "Tags" not in job
    assert server.lines("Echo-1") == ["y"]


WITHOUT_EFFECT = {
    "RemoteDebugConfig": {"EnableRemoteDebug": True},
    "RetryStrategy": {"MaximumRetryAttempts": 3},
    "ExperimentConfig": {"ExperimentName": "mnist", "TrialName": "first", "RunName": "one"},
    "DebugHookConfig": {"S3OutputPath": f"s3://{BUCKET}/debug", "HookParameters": {"save_interval": "10"}},
    "ProfilerConfig": {"S3OutputPath": f"s3://{BUCKET}/profile", "ProfilingIntervalInMilliseconds": 500},
    "TensorBoardOutputConfig": {"S3OutputPath": f"s3://{BUCKET}/board", "LocalPath": "/opt/ml/output/tensorboard"},
    "InfraCheckConfig": {"EnableInfraCheck": True},
    "ResourceConfig": {
        "InstanceType": "ml.p5.48xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 1,
        "TrainingPlanArn": "arn:aws:sagemaker:us-east-1:123456789012:training-plan/plan-1",
    },
}


def test_fields_without_effect_are_described_as_they_were_given(server):
    job = server.run("cd $B/input/config; cat debughookconfig.json profilerconfig.json", **WITHOUT_EFFECT)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert {name: job[name] for name in WITHOUT_EFFECT} == WITHOUT_EFFECT
    told = json.loads("".join(server.lines(job["TrainingJobName"])).replace("}{", "},{").join("[]"))
    assert told == [WITHOUT_EFFECT["DebugHookConfig"], WITHOUT_EFFECT["ProfilerConfig"]]
