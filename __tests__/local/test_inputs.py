"""What lies in an instance's input folders."""

import gzip
import json

import pytest
from botocore.exceptions import ClientError
from conftest import BUCKET


def test_prefix_takes_siblings_and_an_object_keeps_its_name(server):
    for key in ("task1/a", "task10/b", "task1.txt"):
        server.put(f"sib/{key}", key)
    channels = {
        "open": {"S3Uri": f"s3://{BUCKET}/sib/task1"},
        "closed": {"S3Uri": f"s3://{BUCKET}/sib/task1/"},
        "one": {"S3Uri": f"s3://{BUCKET}/sib/task10/b"},
    }
    job = server.run("cd $B/input/data && find open closed one -type f | sort; cat one-manifest", channels=channels)
    assert server.lines(job["TrainingJobName"]) == [
        "closed/a",
        "one/b",
        "open/a",
        "open/task1.txt",
        "open/task10/b",
        f"s3://{BUCKET}/sib/task10/b",
        f"s3://{BUCKET}/sib/task10/b",
    ]


def test_manifest_file(server):
    server.put("man/x/1", "one")
    server.put("man/x/y/2", "two")
    server.put("man/x/3", "not named")
    uri = server.put("man/list", json.dumps([{"prefix": f"s3://{BUCKET}/man/x/"}, "1", "y/2"]))
    request = server.request(
        "cd $B/input/data/named; find . -type f | sort; cat y/2", channels={"named": {"S3Uri": uri}}
    )
    request["InputDataConfig"][1]["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    server.sagemaker.create_training_job(**request)
    server.ended(request["TrainingJobName"])
    assert server.lines(request["TrainingJobName"]) == ["./1", "./y/2", "two"]


def test_config_files(server):
    script = "for f in $B/input/config/*.json; do cat $f; echo; done; ls $B/input/config"
    values = {"alpha": '"a b $HOME"', "n": "5"}
    job = server.run(script, HyperParameters=values, instances=2)
    lines = server.lines(job["TrainingJobName"], "algo-2")
    names = lines[len(lines) // 2 :]
    files = dict(zip(names, map(json.loads, lines[: len(lines) // 2]), strict=True))
    assert files["hyperparameters.json"] == values
    assert files["resourceconfig.json"]["hosts"] == ["algo-1", "algo-2"]
    assert files["resourceconfig.json"]["current_host"] == "algo-2"
    assert files["inputdataconfig.json"]["code"]["TrainingInputMode"] == "File"
    assert {"init-config.json", "metric-definition-regex.json", "trainingjobconfig.json"} <= set(names)
    assert "debughookconfig.json" not in names
    assert "checkpointconfig.json" not in names


def test_pipe_mode(server):
    for number in range(3):
        server.put(f"pipe/{number}", f"part {number}\n")
    server.s3.put_object(Bucket=BUCKET, Key="zipped/a", Body=gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    script = """
    cd $B/input/data; ls
    cat p_0
    head -c 7 p_1
    cat z_0
    """
    channels = {
        "p": {"S3Uri": f"s3://{BUCKET}/pipe/", "S3DataDistributionType": "ShardedByS3Key"},
        "z": {"S3Uri": f"s3://{BUCKET}/zipped/"},
    }
    request = server.request(script, instances=2, channels=channels)
    request["InputDataConfig"][1]["InputMode"] = "Pipe"
    request["InputDataConfig"][2] |= {"InputMode": "Pipe", "CompressionType": "Gzip"}
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    names = ["code", "code-manifest", "p-manifest", "p_0", "z-manifest", "z_0"]
    zipped = ["one", "two"]
    lines = server.lines(request["TrainingJobName"], "algo-1")
    assert lines == [*names, "part 0", "part 2", "part 0", *zipped]
    lines = server.lines(request["TrainingJobName"], "algo-2")
    assert lines == [*names, "part 1", "part 1", *zipped]


VPC = {"VpcConfig": {"SecurityGroupIds": ["sg-12345678"], "Subnets": ["subnet-12345678"]}}
NETWORK = {"Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"}


def with_file_system(server, script, path, *, system="fs-0123456789abcdef0", kind="FSxLustre", **more):
    request = server.request(script, **more)
    source = {"FileSystemId": system, "FileSystemAccessMode": "ro", "FileSystemType": kind, "DirectoryPath": path}
    request["InputDataConfig"].append({"ChannelName": "data", "DataSource": {"FileSystemDataSource": source}})
    return request


def test_a_file_system_is_a_folder(start, tmp_path):
    (tmp_path / "mnt" / "set" / "sub").mkdir(parents=True)
    (tmp_path / "mnt" / "set" / "sub" / "file").write_text("content")
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "mnt" / "out").symlink_to(tmp_path)
    server = start("--time-scale", "0.01", "--file-system", f"fs-0123456789abcdef0={tmp_path / 'mnt'}")
    role = server.make_role("networked", NETWORK)
    script = """
    cd $B/input/data; ls; ls -R data; cat data/sub/file 2>/dev/null; echo; cat ../config/inputdataconfig.json
    touch data/new
    """

    def run(path, **more):
        request = with_file_system(server, script, path, RoleArn=role, **VPC, **more)
        server.sagemaker.create_training_job(**request)
        return server.ended(request["TrainingJobName"])

    job = run("/set")
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    *lines, told = server.lines(job["TrainingJobName"])
    assert [line for line in lines if line] == [
        *("code", "code-manifest", "data", "data:", "sub", "data/sub:", "file", "content"),
    ]
    assert json.loads(told)["data"] == {"TrainingInputMode": "File", "RecordWrapperType": "None"}
    assert job["InputDataConfig"][1]["DataSource"]["FileSystemDataSource"]["DirectoryPath"] == "/set"
    assert sorted(each.name for each in (tmp_path / "mnt" / "set").iterdir()) == ["sub"], "it has a copy"

    job = run("/set", system="fs-99999999999999999", kind="EFS")  # one that no flag names
    *lines, _ = server.lines(job["TrainingJobName"])
    assert [line for line in lines if line] == ["code", "code-manifest", "data", "data:"]

    for path in ("/not-there", "/set/sub/file", "/../", "/out"):
        reason = f"ClientError: Unable to mount file system: fs-0123456789abcdef0, directory path: {path}. "
        job = run(path)
        assert (job["TrainingJobStatus"], job["FailureReason"][: len(reason)]) == ("Failed", reason)


def test_a_file_system_is_in_a_vpc(server):
    request = with_file_system(server, "true", "/set")
    with pytest.raises(ClientError, match=r"ValidationException.*Channel data: .*VpcConfig"):
        server.sagemaker.create_training_job(**request)
    request |= VPC
    request["InputDataConfig"][1]["InputMode"] = "Pipe"
    with pytest.raises(ClientError, match=r"ValidationException.*Channel data: .*File"):
        server.sagemaker.create_training_job(**request)
    request["InputDataConfig"][1]["DataSource"] = {}
    with pytest.raises(ClientError, match=r"ValidationException.*Channel data: "):
        server.sagemaker.create_training_job(**request)


def test_what_a_file_system_may_be_on_the_command_line(start):
    for value in ("fs-1", "=/tmp", "fs-1=", "fs-1=/no/such/folder/at/all", "vol-1=/tmp"):
        with pytest.raises(RuntimeError, match="--file-system"):
            start("--file-system", value)
