"""A real S3 server behind the front: versitygw, which checks checksums, conditions and ranges by itself."""

import base64
import os
import shutil
import socket
import subprocess
import time
import zlib

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import BUCKET, JAVASCRIPT_DEFAULTS, javascript_defaults

SERVER = os.environ.get("S3_SERVER") or shutil.which("versitygw")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not SERVER, reason="no versitygw: npm run test:full builds it where there is go"),
]
MB = 1 << 20


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """The URL of an S3 server with its keys."""
    folder = tmp_path_factory.mktemp("objects")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    keys = ["--access", "gateway", "--secret", "gatewaysecret"]
    command = [SERVER, "--port", f"127.0.0.1:{port}", *keys, "--keep-alive", "--quiet", "posix", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield f"http://gateway:gatewaysecret@127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def server(start, gateway):
    return start("--s3-endpoint", gateway, "--time-scale", "0.01")


def error_of(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"]


def test_objects_of_any_name_and_size(server):
    for key in ("plain", "with space+plus%percent", "ünïcode/深い", "hash#q?x=1&y", "a//b"):
        body = key.encode() * 3
        server.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata={"m": "v"}, ContentType="text/x")
        got = server.s3.get_object(Bucket=BUCKET, Key=key)
        assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (body, {"m": "v"}, "text/x")
    assert "ünïcode/深い" in server.keys("ü")
    server.s3.put_object(Bucket=BUCKET, Key="empty")
    assert server.s3.get_object(Bucket=BUCKET, Key="empty")["Body"].read() == b""
    assert error_of(server.s3.get_object, Bucket=BUCKET, Key="not-there") == "NoSuchKey"
    assert error_of(server.s3.head_object, Bucket=BUCKET, Key="not-there") == "404"


def test_what_s3_checks(server):
    server.s3.put_object(Bucket=BUCKET, Key="once", Body=b"x", IfNoneMatch="*")
    assert error_of(server.s3.put_object, Bucket=BUCKET, Key="once", Body=b"y", IfNoneMatch="*") == "PreconditionFailed"
    wrong = base64.b64encode((zlib.crc32(b"other")).to_bytes(4, "big")).decode()
    assert error_of(server.s3.put_object, Bucket=BUCKET, Key="crc", Body=b"x", ChecksumCRC32=wrong) == "BadDigest"
    assert server.s3.get_object(Bucket=BUCKET, Key="once", Range="bytes=0-0")["ContentRange"] == "bytes 0-0/1"
    server.s3.copy_object(Bucket=BUCKET, Key="copied", CopySource=f"{BUCKET}/once")
    assert server.text("copied") == "x"
    server.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "copied"}]})
    assert server.keys("copied") == []


def test_parts_and_streams(server, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(os.urandom(24 * MB))
    server.s3.upload_file(str(big), BUCKET, "parts/big")
    assert server.s3.head_object(Bucket=BUCKET, Key="parts/big")["ETag"].endswith('-3"')
    server.s3.download_file(BUCKET, "parts/big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == big.read_bytes()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(server, version):
    keys = {"aws_access_key_id": "tester", "aws_secret_access_key": "tester"}
    config = Config(signature_version=version)
    client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1", config=config, **keys)
    put = client.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": f"signed {version}"})
    assert requests.put(put, data=b"by url", timeout=10).status_code == 200
    get = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": f"signed {version}"})
    assert requests.get(get, timeout=10).content == b"by url"


def test_bodies_signed_chunk_by_chunk(server):
    """As older SDKs send them: the chunks' signatures are the caller's, not the server's."""
    body = b"".join(
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(part), b"0" * 64, part) for part in (b"a" * 70_000, b"b" * 5, b"")
    )
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, Signature=0",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-decoded-content-length": "70005",
        "Content-Encoding": "aws-chunked",
    }
    assert requests.put(f"{server.url}/{BUCKET}/chunked", data=body, headers=headers, timeout=10).status_code == 200
    got = server.s3.get_object(Bucket=BUCKET, Key="chunked")
    assert got["Body"].read() == b"a" * 70_000 + b"b" * 5
    assert "ContentEncoding" not in got


def test_the_front_s_own_checks_hold(server):
    wrong = {"ExpectedBucketOwner": "111122223333"}
    assert error_of(server.s3.put_object, Bucket=BUCKET, Key="x", **wrong) == "AccessDenied"
    assert error_of(server.s3.list_objects_v2, Bucket="strangers-bucket") == "AccessDenied"
    server.s3.list_objects_v2(Bucket=BUCKET, ExpectedBucketOwner="123456789012")
    server.s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    server.s3.create_bucket(Bucket="short-lived")
    server.s3.put_object(Bucket="short-lived", Key="k")
    assert error_of(server.s3.delete_bucket, Bucket="short-lived") == "BucketNotEmpty"
    server.s3.delete_object(Bucket="short-lived", Key="k")
    server.s3.delete_bucket(Bucket="short-lived")
    assert error_of(server.s3.head_bucket, Bucket="short-lived") == "404"
    put = next(each for each in server.local("requests") if each["action"] == "s3:PutObject")
    assert put["resource"].startswith(f"arn:aws:s3:::{BUCKET}/")


def test_a_job_reads_and_writes_there(server):
    server.put("data/x", "x")
    job = server.run("cp $B/input/data/in/x $B/model/", channels={"in": {"S3Uri": f"s3://{BUCKET}/data/"}})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert f"out/{job['TrainingJobName']}/output/model.tar.gz" in server.keys("out/")


def test_the_javascript_sdk_s_defaults(server):
    assert javascript_defaults(server) == JAVASCRIPT_DEFAULTS


def test_a_server_that_is_not_there(start):
    with pytest.raises(RuntimeError, match=r"--s3-endpoint: .*9"):
        start("--s3-endpoint", "http://k:s@127.0.0.1:9")
    with pytest.raises(RuntimeError, match="is not of the form"):
        start("--s3-endpoint", "127.0.0.1:9")
