"""Whose a bucket is and where it is; what clients send to S3 by default."""

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import BUCKET, JAVASCRIPT_DEFAULTS, javascript_defaults

OURS, STRANGER = "123456789012", "111122223333"


@pytest.fixture(scope="module")
def server(start):
    return start("--time-scale", "0.01", "--stranger", "another-strangers", "--elsewhere", "far-away=eu-central-1")


def refusal(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("bucket", ["strangers-bucket", "another-strangers"])
def test_a_stranger_s_bucket(server, bucket):
    assert refusal(server.s3.head_bucket, Bucket=bucket) == ("403", 403)
    assert refusal(server.s3.list_objects_v2, Bucket=bucket) == ("AccessDenied", 403)
    assert refusal(server.s3.put_object, Bucket=bucket, Key="k") == ("AccessDenied", 403)
    assert refusal(server.s3.get_bucket_location, Bucket=bucket) == ("AccessDenied", 403)
    assert refusal(server.s3.create_bucket, Bucket=bucket) == ("BucketAlreadyExists", 409)
    assert bucket not in [each["Name"] for each in server.s3.list_buckets()["Buckets"]]


def test_the_stranger_has_its_bucket(server):
    role = f"arn:aws:iam::{STRANGER}:role/anybody"
    given = server.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    theirs = server.client("s3", **keys)
    theirs.create_bucket(Bucket="made-by-a-stranger")
    theirs.put_object(Bucket="made-by-a-stranger", Key="k", Body=b"theirs")
    assert theirs.get_object(Bucket="made-by-a-stranger", Key="k")["Body"].read() == b"theirs"
    assert refusal(server.s3.get_object, Bucket="made-by-a-stranger", Key="k") == ("AccessDenied", 403)
    assert refusal(theirs.list_objects_v2, Bucket=BUCKET) == ("AccessDenied", 403)


def test_the_expected_owner(server):
    server.put("owned", "x")
    assert server.s3.get_object(Bucket=BUCKET, Key="owned", ExpectedBucketOwner=OURS)["Body"].read() == b"x"
    wrong = {"ExpectedBucketOwner": STRANGER}
    assert refusal(server.s3.head_bucket, Bucket=BUCKET, **wrong) == ("403", 403)
    assert refusal(server.s3.get_object, Bucket=BUCKET, Key="owned", **wrong) == ("AccessDenied", 403)
    assert refusal(server.s3.put_object, Bucket=BUCKET, Key="new", **wrong) == ("AccessDenied", 403)
    copy = {"Bucket": BUCKET, "Key": "copy", "CopySource": f"{BUCKET}/owned"}
    assert refusal(server.s3.copy_object, **copy, ExpectedSourceBucketOwner=STRANGER) == ("AccessDenied", 403)
    server.s3.copy_object(**copy, ExpectedSourceBucketOwner=OURS)
    stranger = {"Bucket": "strangers-bucket", "ExpectedBucketOwner": STRANGER}
    assert refusal(server.s3.list_objects_v2, **stranger) == ("AccessDenied", 403)


def test_a_bucket_in_another_region(server):
    signed = server.s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "far-away"})
    assert requests.get(signed, timeout=10).status_code == 200  # version 2 of signatures names no region
    raw = boto3.session.Session(aws_access_key_id="tester", aws_secret_access_key="tester", region_name="us-east-1")
    presigner = raw.client("s3", endpoint_url=server.url, config=Config(signature_version="s3v4"))
    for operation, method in (("head_bucket", "HEAD"), ("list_objects_v2", "GET")):
        url = presigner.generate_presigned_url(operation, Params={"Bucket": "far-away"})
        answer = requests.request(method, url, allow_redirects=False, timeout=10)
        assert answer.status_code == 301
        assert answer.headers["x-amz-bucket-region"] == "eu-central-1"
        if method == "GET":
            assert "<Code>PermanentRedirect</Code>" in answer.text
            assert "<Endpoint>far-away.s3.eu-central-1.amazonaws.com</Endpoint>" in answer.text
    location = server.s3.get_bucket_location(Bucket="far-away")
    assert location["LocationConstraint"] == "eu-central-1"


def test_boto3_follows_to_the_region(server):
    server.s3.put_object(Bucket="far-away", Key="k", Body=b"far")
    assert server.s3.get_object(Bucket="far-away", Key="k")["Body"].read() == b"far"
    assert server.s3.head_bucket(Bucket="far-away")["BucketRegion"] == "eu-central-1"
    statuses = [
        each["status"] for each in server.local("requests") if each["resource"].startswith("arn:aws:s3:::far-away")
    ]
    assert 301 in statuses


def test_a_bucket_is_made_where_the_request_is_signed_for(server):
    there = {"LocationConstraint": "eu-west-1"}
    europe = boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="eu-west-1",
        aws_access_key_id="tester",
        aws_secret_access_key="tester",
    )
    assert refusal(europe.create_bucket, Bucket="made-in-europe") == ("IllegalLocationConstraintException", 400)
    europe.create_bucket(Bucket="made-in-europe", CreateBucketConfiguration=there)
    assert europe.list_objects_v2(Bucket="made-in-europe")["KeyCount"] == 0


def test_a_job_s_inputs_lie_in_its_region(server):
    server.s3.put_object(Bucket="far-away", Key="data/x", Body=b"x")
    request = server.request(channels={"far": {"S3Uri": "s3://far-away/data/"}})
    with pytest.raises(ClientError, match=r"Please ensure that the bucket exists in the selected region \(us-east-1\)"):
        server.sagemaker.create_training_job(**request)
    request = server.request(channels={"no": {"S3Uri": "s3://strangers-bucket/"}})
    with pytest.raises(ClientError, match="No S3 objects found"):
        server.sagemaker.create_training_job(**request)


def test_the_log_tells_the_error(server):
    server.local("requests", "DELETE")
    refusal(server.s3.put_object, Bucket="strangers-bucket", Key="k")
    (entry,) = server.local("requests")
    assert (entry["status"], entry["error"], entry["action"]) == (403, "AccessDenied", "s3:PutObject")


@pytest.mark.parametrize("flag", ["x", "x=", "=eu-west-1"])
def test_a_wrong_flag_ends_the_start(start, flag):
    with pytest.raises(RuntimeError, match="is not of the form BUCKET=REGION"):
        start("--elsewhere", flag)


def test_the_javascript_sdk_s_defaults(server):
    """Checksums in trailers, parts, conditions; `test_s3_endpoint.py` has the same of a real S3 server."""
    assert javascript_defaults(server) == JAVASCRIPT_DEFAULTS
