"""Encrypted objects, and buckets whose policy or ownership refuses how an object is to be written."""

import base64
import hashlib
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:us-east-1:123456789012:key/{ID}"
OTHER = KEY.replace("1234abcd", "00000000")
MIB = 1 << 20
SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = f"{SSE}-aws-kms-key-id"


@pytest.fixture(scope="module")
def server(start):
    return start("--time-scale", "0.01", "--tls")


@pytest.fixture
def bucket(server, request):
    """A new one: (name, a function that sets its policy)."""
    name = f"b-{hashlib.md5(request.node.name.encode(), usedforsecurity=False).hexdigest()}"
    server.s3.create_bucket(Bucket=name)

    def deny(condition, **fields):
        what = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*"}
        document = {"Version": "2012-10-17", "Statement": {**what, "Condition": condition, **fields}}
        server.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))

    return name, deny


def kms(key=KEY):
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def error_of(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message", "")


def in_parts(server, bucket, **options):
    """A large object, sent in two parts with SHA-256; the upload's parts as they are listed before the end."""
    upload = server.s3.create_multipart_upload(Bucket=bucket, Key="large", ChecksumAlgorithm="SHA256", **options)
    place = {"Bucket": bucket, "Key": "large", "UploadId": upload["UploadId"]}
    for number, body in ((1, b"a" * 5 * MIB), (2, b"b")):
        server.s3.upload_part(**place, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
    parts = server.s3.list_parts(**place)["Parts"]
    done = [{name: part[name] for name in ("PartNumber", "ETag", "ChecksumSHA256")} for part in parts]
    server.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": done})
    return parts


def test_an_object_remembers_its_encryption(server, bucket):
    name, _ = bucket
    md5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    put = server.s3.put_object(Bucket=name, Key="plain", Body=b"x")
    assert (put["ServerSideEncryption"], put["ETag"]) == ("AES256", f'"{md5}"')
    for key in (ID, KEY):
        put = server.s3.put_object(Bucket=name, Key="kms", Body=b"x", **kms(key))
        head = server.s3.head_object(Bucket=name, Key="kms")
        (listed,) = server.s3.list_objects_v2(Bucket=name, Prefix="kms")["Contents"]
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)
        assert put["ETag"] == head["ETag"] == listed["ETag"] != f'"{md5}"'
        assert server.s3.get_object(Bucket=name, Key="kms", IfMatch=put["ETag"])["Body"].read() == b"x"
    answers = [
        server.s3.put_object(Bucket=name, Key="alias", Body=b"x", **kms(key))
        for key in ("alias/ml", "arn:aws:kms:us-east-1:123456789012:alias/ml", "alias/other")
    ]
    first, same, other = (answer["SSEKMSKeyId"] for answer in answers)
    assert first == same != other
    assert first.startswith("arn:aws:kms:us-east-1:123456789012:key/")
    assert len({answer["ETag"] for answer in answers}) == 3
    server.s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/plain", **kms())
    assert server.s3.head_object(Bucket=name, Key="copy")["SSEKMSKeyId"] == KEY
    wrong = error_of(server.s3.put_object, Bucket=name, Key="x", SSEKMSKeyId=KEY)
    assert wrong[0] == "InvalidArgument"


def test_what_names_no_encryption_has_the_bucket_s(server, bucket):
    name, _ = bucket
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/ml"}}
    server.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    key = server.s3.put_object(Bucket=name, Key="x", Body=b"x")["SSEKMSKeyId"]
    assert key.startswith("arn:aws:kms:us-east-1:123456789012:key/")
    in_parts(server, name)
    assert server.s3.head_object(Bucket=name, Key="large")["SSEKMSKeyId"] == key
    assert server.s3.put_object(Bucket=name, Key="x", ServerSideEncryption="AES256")["ServerSideEncryption"] == "AES256"


def test_parts_have_checksums_and_no_md5(server, bucket):
    name, _ = bucket
    for options, encrypted in (({}, False), (kms(), True)):
        parts = in_parts(server, name, **options)
        for part, body in zip(parts, (b"a" * 5 * MIB, b"b"), strict=True):
            assert base64.b64decode(part["ChecksumSHA256"]) == hashlib.sha256(body).digest()
            md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
            assert (part["ETag"] != f'"{md5}"') == encrypted


UNENCRYPTED = {"Null": {SSE: "true"}}
NOT_KMS = {"StringNotEquals": {SSE: "aws:kms"}}
NOT_KMS_IF = {"StringNotEqualsIfExists": {SSE: "aws:kms"}}
S3_KEYS = {"StringEquals": {SSE: "AES256"}}
OTHER_KEY = {"StringNotEquals": {SSE_KEY: KEY}}
OTHER_KEY_IF = {"StringNotEqualsIfExists": {SSE_KEY: [KEY, OTHER]}}
NO_KEY_ARN = {"ArnNotEqualsIfExists": {SSE_KEY: KEY}}
NO_ACL = {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
AES = {"ServerSideEncryption": "AES256"}
ACL = {"ACL": "bucket-owner-full-control"}


@pytest.mark.parametrize(
    ("condition", "allowed", "denied"),
    [
        (UNENCRYPTED, [kms(), AES], [{}]),
        (NOT_KMS, [kms(), kms("alias/ml"), {"ServerSideEncryption": "aws:kms"}], [{}, AES]),
        (NOT_KMS_IF, [kms()], [{}, AES]),
        (S3_KEYS, [kms(), {}], [AES]),
        (OTHER_KEY, [kms(), kms(ID)], [{}, AES, kms(OTHER), kms("alias/ml")]),
        (OTHER_KEY_IF, [kms(), kms(OTHER)], [{}, kms("alias/ml")]),
        (NO_KEY_ARN, [kms()], [{}, kms(OTHER)]),
        (NO_ACL, [ACL], [{}, {"ACL": "private"}]),
        ({"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}, [{}], []),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:*::123456789012:*"}}, [{}], []),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:*::123456789012:*"}}, [], [{}, kms()]),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, [{}], []),
    ],
)
def test_a_policy_denies(server, bucket, condition, allowed, denied):
    name, deny = bucket
    deny(condition)
    for options in allowed:
        server.s3.put_object(Bucket=name, Key="x", Body=b"x", **options)
        in_parts(server, name, **options)
    for options in denied:
        for call in (server.s3.put_object, server.s3.create_multipart_upload):
            code, text = error_of(call, Bucket=name, Key="x", **options)
            assert code == "AccessDenied"
            assert f'is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::{name}/x"' in text
            assert text.endswith("with an explicit deny in a resource-based policy")


def test_whom_and_what_a_policy_concerns(server, bucket):
    name, deny = bucket
    put = {"Bucket": name, "Key": "x", "Body": b"x"}
    for principal in ("*", {"AWS": "*"}, {"AWS": ["123456789012"]}, {"AWS": "arn:aws:iam::123456789012:root"}):
        deny({}, Principal=principal)
        assert error_of(server.s3.put_object, **put)[0] == "AccessDenied"
    for fields in (
        {"Principal": {"AWS": "arn:aws:iam::123456789012:role/worker"}},
        {"Principal": {"Service": "sagemaker.amazonaws.com"}},
        {"Resource": f"arn:aws:s3:::{name}/other/*"},
        {"Effect": "Allow"},
    ):
        deny({}, **fields)
        server.s3.put_object(**put)
    deny({}, Action="s3:*", Resource=[f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"], Principal={"AWS": server.role})
    session = server.sts.assume_role(RoleArn=server.role, RoleSessionName="session")["Credentials"]
    names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey"}
    keys = {name: session[given] for name, given in {**names, "aws_session_token": "SessionToken"}.items()}
    assert error_of(server.client("s3", **keys).list_objects_v2, Bucket=name)[0] == "AccessDenied"
    server.s3.list_objects_v2(Bucket=name)


def test_a_policy_is_kept_and_deleted(server, bucket):
    name, deny = bucket
    assert error_of(server.s3.get_bucket_policy, Bucket=name)[0] == "NoSuchBucketPolicy"
    deny({"Bool": {"aws:SecureTransport": "false"}}, Action="s3:GetObject")
    assert json.loads(server.s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]["Action"] == "s3:GetObject"
    server.s3.delete_bucket_policy(Bucket=name)
    assert error_of(server.s3.get_bucket_policy, Bucket=name)[0] == "NoSuchBucketPolicy"
    deny({})
    server.s3.delete_bucket(Bucket=name)
    server.s3.create_bucket(Bucket=name)
    server.s3.put_object(Bucket=name, Key="x")
    assert error_of(server.s3.put_bucket_policy, Bucket="absent", Policy="{}")[0] == "NoSuchBucket"
    for policy in ("", "[]", "{", json.dumps({"Statement": [{"Effect": "Deny"}]})):
        assert error_of(server.s3.put_bucket_policy, Bucket=name, Policy=policy)[0] == "MalformedPolicy"
    with pytest.raises(ClientError, match="Policy has invalid resource"):
        deny({}, Resource="arn:aws:s3:::other/*")


def test_a_bucket_that_takes_tls_only(server, bucket, monkeypatch):
    name, deny = bucket
    both = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    server.s3.put_object(Bucket=name, Key="x", Body=b"x")
    deny({"Bool": {"aws:SecureTransport": "false"}}, Action="s3:*", Resource=both)
    assert error_of(server.s3.put_object, Bucket=name, Key="x")[0] == "AccessDenied"
    assert error_of(server.s3.list_objects_v2, Bucket=name)[0] == "AccessDenied"
    monkeypatch.delenv("NO_PROXY", raising=False)
    told = server.told["tls"]
    keys = {"aws_access_key_id": "tester", "aws_secret_access_key": "tester", "region_name": "us-east-1"}
    config = Config(proxies={"https": told["proxy"], "http": told["proxy"]}, retries={"max_attempts": 0})
    by_tls = boto3.client("s3", config=config, verify=told["bundle"], **keys)
    by_tls.put_object(Bucket=name, Key="x", Body=b"y")
    plain = boto3.client("s3", endpoint_url="http://s3.us-east-1.amazonaws.com", config=config, **keys)
    assert error_of(plain.put_object, Bucket=name, Key="x")[0] == "AccessDenied"
    output = {"OutputDataConfig": {"S3OutputPath": f"s3://{name}/out"}}
    job = server.run("echo 1 > $B/model/m", channels={"in": {"S3Uri": f"s3://{name}/"}}, **output)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_who_owns_objects(server, bucket):
    name, _ = bucket
    (rule,) = server.s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
    put = {"Bucket": name, "Key": "x"}
    refused = ("AccessControlListNotSupported", "The bucket does not allow ACLs")
    for options in ({"ACL": "public-read"}, {"ACL": "private"}, {"GrantRead": 'id="x"'}):
        assert error_of(server.s3.put_object, **put, **options) == refused
        assert error_of(server.s3.create_multipart_upload, **put, **options) == refused
    server.s3.put_object(**put, **ACL)
    assert error_of(server.s3.put_object_acl, **put, ACL="public-read") == refused
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    server.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=controls)
    server.s3.put_object(**put, ACL="private")


def test_a_job_writes_with_its_key(server, bucket):
    name, deny = bucket
    deny(OTHER_KEY)
    role = {"Effect": "Allow", "Action": ["s3:*", "kms:GenerateDataKey"], "Resource": "*"}
    arn = server.make_role("writes-with-key", role)
    script = "echo 1 > $B/model/m; mkdir -p /opt/ml/checkpoints && echo 1 > /opt/ml/checkpoints/c || true"

    def run(key):
        output = {"S3OutputPath": f"s3://{name}/out", **({"KmsKeyId": key} if key else {})}
        state = {"S3Uri": f"s3://{name}/state"}
        return server.run(script, RoleArn=arn, OutputDataConfig=output, CheckpointConfig=state)

    for key in (None, OTHER):
        assert run(key)["FailureReason"].endswith("AccessDenied (403): Access Denied")
    assert run(KEY)["TrainingJobStatus"] == "Completed"
    for entry in server.s3.list_objects_v2(Bucket=name)["Contents"]:
        assert server.s3.head_object(Bucket=name, Key=entry["Key"])["SSEKMSKeyId"] == KEY


def test_a_job_needs_the_key_of_what_it_reads(server, bucket):
    name, _ = bucket
    key = server.s3.put_object(Bucket=name, Key="in/x", Body=b"x", **kms("alias/reads"))["SSEKMSKeyId"]
    channels = {"in": {"S3Uri": f"s3://{name}/in/"}}
    s3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    job = server.run(RoleArn=server.make_role("reads-without-key", s3), channels=channels)
    assert "Unable to download object" in job["FailureReason"]
    may = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key.rpartition("/")[0] + "/*"}
    by_alias = {**may, "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/reads"}}}
    job = server.run(RoleArn=server.make_role("reads-with-key", s3, by_alias), channels=channels)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
