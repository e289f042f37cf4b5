"""The front: side URL, request log, seeds, owners of buckets, and operations that are not there."""

import json
import socket
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import BUCKET

ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def server(start):
    """One whose request log no other test's job writes to."""
    return start("--time-scale", "0.01")


def error_of(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_health(server):
    health = server.local("health")
    assert health["status"] == "ok"
    assert health["isolation"] == server.told["isolation"]
    assert health["version"]
    with pytest.raises(urllib.error.HTTPError) as missing:
        server.local("nothing")
    assert missing.value.code == 404


def test_managed_policies_are_there(server):
    arn = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    server.iam.attach_role_policy(RoleName="worker", PolicyArn=arn)
    assert server.iam.get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn
    assert len(server.iam.list_policies(Scope="AWS")["Policies"]) == 100  # a page of them


def test_operations_that_are_not_there_are_refused_in_the_services_own_words(server):
    assert error_of(server.sagemaker.list_models) == ("UnknownOperationException", 400)
    assert error_of(server.logs.start_query, logGroupName="x", startTime=1, endTime=2, queryString="x") == (
        "UnknownOperationException",
        400,
    )
    tagging = server.client("resourcegroupstaggingapi")
    assert error_of(tagging.describe_report_creation) == ("UnknownOperationException", 400)
    assert error_of(
        server.iam.simulate_custom_policy,
        PolicyInputList=["{}"],
        ActionNames=["s3:GetObject"],
    ) == ("InvalidAction", 400)
    assert error_of(server.ecr.describe_pull_through_cache_rules) == ("UnknownOperationException", 400)
    code, status = error_of(server.s3.get_object_torrent, Bucket=BUCKET, Key="code")
    assert (code, status) in [("NotImplemented", 501), ("NoSuchKey", 404)]


def test_no_html_whatever_is_asked(server):
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        for path in ("/", "/favicon.ico", "/bucket/key?acl&x", "/a/b/c/d", "/latest/meta-data/x"):
            request = urllib.request.Request(server.url + path, method=method, data=b"<x" if method == "PUT" else None)
            try:
                answer = urllib.request.urlopen(request)
            except urllib.error.HTTPError as error:
                answer = error
            body = answer.read()
            assert b"<!doctype" not in body.lower(), (method, path, body[:200])
            assert b"<html" not in body.lower(), (method, path, body[:200])


def test_expected_bucket_owner(server):
    uri = {"Bucket": BUCKET, "Key": "owner"}
    server.s3.put_object(**uri, Body=b"x", ExpectedBucketOwner=ACCOUNT)
    assert server.s3.get_object(**uri, ExpectedBucketOwner=ACCOUNT)["Body"].read() == b"x"
    stranger = {"ExpectedBucketOwner": "999999999999"}
    assert error_of(server.s3.get_object, **uri, **stranger) == ("AccessDenied", 403)
    assert error_of(server.s3.put_object, **uri, Body=b"y" * 300_000, **stranger) == ("AccessDenied", 403)
    assert error_of(server.s3.list_objects_v2, Bucket=BUCKET, **stranger) == ("AccessDenied", 403)
    assert server.s3.get_object(**uri)["Body"].read() == b"x"


def test_request_log(server):
    server.local("requests", "DELETE")
    assert server.local("requests") == []
    objects = f"arn:aws:s3:::{BUCKET}"
    key = {"Bucket": BUCKET, "Key": "log/ä b"}
    server.s3.put_object(**key, Body=b"x", Tagging="a=b")
    server.s3.head_object(**key)
    server.s3.get_object(**key)
    server.s3.copy_object(**key | {"Key": "log/copy"}, CopySource=key)
    server.s3.list_objects_v2(Bucket=BUCKET, Prefix="log/")
    server.s3.head_bucket(Bucket=BUCKET)
    server.s3.list_buckets()
    upload = server.s3.create_multipart_upload(**key)["UploadId"]
    server.s3.upload_part(**key, UploadId=upload, PartNumber=1, Body=b"x")
    server.s3.list_parts(**key, UploadId=upload)
    server.s3.abort_multipart_upload(**key, UploadId=upload)
    server.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "log/copy"}]})
    server.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    server.iam.get_role(RoleName="worker")
    server.sts.get_caller_identity()
    server.ecr.create_repository(repositoryName="logged")
    server.ecr.describe_repositories()
    with pytest.raises(ClientError):
        server.logs.get_log_events(logGroupName="/no/group", logStreamName="s")
    logged = [(each["action"], each["resource"], each["status"]) for each in server.local("requests")]
    assert logged == [
        ("s3:PutObject", f"{objects}/log/ä b", 200),
        ("s3:GetObject", f"{objects}/log/ä b", 200),
        ("s3:GetObject", f"{objects}/log/ä b", 200),
        ("s3:PutObject", f"{objects}/log/copy", 200),
        ("s3:ListBucket", objects, 200),
        ("s3:ListBucket", objects, 200),
        ("s3:ListAllMyBuckets", "*", 200),
        ("s3:PutObject", f"{objects}/log/ä b", 200),
        ("s3:PutObject", f"{objects}/log/ä b", 200),
        ("s3:ListMultipartUploadParts", f"{objects}/log/ä b", 200),
        ("s3:AbortMultipartUpload", f"{objects}/log/ä b", 204),
        ("s3:DeleteObject", f"{objects}/log/copy", 200),
        ("s3:PutBucketPublicAccessBlock", objects, 200),
        ("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/worker", 200),
        ("sts:GetCallerIdentity", "*", 200),
        ("ecr:CreateRepository", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/logged", 200),
        ("ecr:DescribeRepositories", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/*", 200),
        ("logs:GetLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/no/group:log-stream:s", 400),
    ]
    entries = server.local("requests")
    assert entries[0]["also"] == [{"action": "s3:PutObjectTagging", "resource": f"{objects}/log/ä b"}]
    assert entries[3]["also"] == [{"action": "s3:GetObject", "resource": f"{objects}/log/ä b"}]
    assert [each["operation"] for each in entries][:4] == ["PutObject", "HeadObject", "GetObject", "CopyObject"]
    lines = (server.data / "requests.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == entries


def test_creating_a_job_needs_to_pass_the_role(server):
    server.local("requests", "DELETE")
    name = server.create(name="Passes-1", Tags=[{"Key": "a", "Value": "b"}])
    entry = next(each for each in server.local("requests") if each["operation"] == "CreateTrainingJob")
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/passes-1"
    assert (entry["action"], entry["resource"]) == ("sagemaker:CreateTrainingJob", arn)
    assert entry["also"] == [
        {"action": "iam:PassRole", "resource": server.role},
        {"action": "sagemaker:AddTags", "resource": arn},
    ]
    server.ended(name)


def test_principals(server):
    server.local("requests", "DELETE")
    server.iam.create_user(UserName="ann")
    keys = server.iam.create_access_key(UserName="ann")["AccessKey"]
    ann = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"]}
    server.client("s3", **ann).list_buckets()
    session = server.client("sts", **ann).assume_role(RoleArn=server.role, RoleSessionName="session")["Credentials"]
    assumed = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    server.client("ecr", **assumed).describe_repositories()
    urllib.request.urlopen(server.s3.generate_presigned_url("list_objects_v2", Params={"Bucket": BUCKET})).read()
    principals = [each["principal"] for each in server.local("requests")]
    assert principals[2:] == [
        f"arn:aws:iam::{ACCOUNT}:user/ann",
        f"arn:aws:iam::{ACCOUNT}:user/ann",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/session",
        f"arn:aws:sts::{ACCOUNT}:user/moto",
    ]
    assert server.local("requests")[-1]["action"] == "s3:ListBucket"


def test_web_identity(server):
    role = "arn:aws:iam::123456789012:role/of-aws-only"
    session = server.sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="web", WebIdentityToken=server.token()
    )
    entry = server.local("requests")[-1]
    assert (entry["action"], entry["resource"]) == ("sts:AssumeRoleWithWebIdentity", role)
    assert session["Credentials"]["AccessKeyId"]


def test_seeds(start, tmp_path):
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("1")
    (folder / "sub" / "b").write_text("2")
    one = f"s3://seeded/x={folder}"
    two = f"s3://seeded/y/name.txt={folder / 'a'}"
    three = f"s3://seeded/z/={folder / 'a'}"
    seeded = start("--data", one, "--data", two, "--data", three)
    found = seeded.s3.list_objects_v2(Bucket="seeded")["Contents"]
    assert [entry["Key"] for entry in found] == ["x/a", "x/sub/b", "y/name.txt", "z/a"]


def test_expect_is_answered_once(server):
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        head = f"PUT /{BUCKET}/expected HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 4\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\nConnection: close\r\n\r\n".encode())
        told = connection.recv(1000)
        connection.sendall(b"body")
        told += b"".join(iter(lambda: connection.recv(65536), b""))
    assert [line for line in told.splitlines() if line.startswith(b"HTTP/1.")] == [
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 200 OK",
    ]
    assert server.text("expected") == "body"
