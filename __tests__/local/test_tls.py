"""AWS's own host names, answered behind a proxy: clients know no endpoint, only HTTPS_PROXY and an authority."""

import json
import os
import stat
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ProxyConnectionError, SSLError
from conftest import BUCKET

NODE = Path(__file__).parents[2] / "node_modules" / ".bin" / "node"
KEY = 'ä b/"q" & ☃+%2F~.bin'
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, Signature=0"}


@pytest.fixture(scope="module")
def server(start):
    return start("--time-scale", "0.01", "--tls")


@pytest.fixture
def settings(server, monkeypatch):
    """What a client is told to set, set; and nothing else that would lead it here."""
    for name in ("AWS_ENDPOINT_URL", "NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    tls = server.told["tls"]
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, tls["proxy"])
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, tls["bundle"])
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", tls["ca"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tester")


told = pytest.mark.usefixtures("settings")


def client(service, region="us-east-1", **config):
    return boto3.client(service, region_name=region, config=Config(retries={"max_attempts": 0}, **config))


def logged(server, act):
    """What the request log says of what `act` does."""
    server.local("requests", "DELETE")
    act()
    return [(each["service"], each["action"], each["resource"], each["status"]) for each in server.local("requests")]


def test_told_everywhere(server):
    tls = server.told["tls"]
    assert server.local("health")["tls"] == tls
    with urllib.request.urlopen(f"{server.url}/_local/ca.pem") as answer:
        assert answer.read() == Path(tls["ca"]).read_bytes()
    assert Path(tls["ca"]).read_text() in Path(tls["bundle"]).read_text()
    assert Path(tls["bundle"]).read_text().count("BEGIN CERTIFICATE") > 50
    assert stat.S_IMODE((server.data / "ca-key.pem").stat().st_mode) == 0o600
    assert not list(server.data.glob("leaf-*"))


@told
def test_services_by_their_host_names(server):
    def act():
        assert client("sts", "eu-central-1").get_caller_identity()["Account"] == "123456789012"
        assert client("sts", "cn-north-1").get_caller_identity()["Account"] == "123456789012"
        client("iam").get_role(RoleName="worker")
        client("sagemaker", "ap-southeast-2").list_training_jobs()
        client("logs", "eu-west-3").describe_log_groups()
        client("ecr", "us-west-2").get_authorization_token()

    assert logged(server, act) == [
        ("sts", "sts:GetCallerIdentity", "*", 200),
        ("sts", "sts:GetCallerIdentity", "*", 200),
        ("iam", "iam:GetRole", server.role, 200),
        ("sagemaker", "sagemaker:ListTrainingJobs", "*", 200),
        ("logs", "logs:DescribeLogGroups", "arn:aws:logs:eu-west-3:123456789012:log-group:*", 200),
        ("ecr", "ecr:GetAuthorizationToken", "*", 200),
    ]


@told
def test_requests_without_a_signature_are_told_by_the_host_name(server):
    role = {"RoleArn": "arn:aws:iam::123456789012:role/of-aws-only", "RoleSessionName": "me-here"}
    role |= {"WebIdentityToken": server.token()}
    unsigned = {"Version": "2011-06-15", "Action": "AssumeRoleWithWebIdentity", **role}

    def act():
        assert client("sts", "eu-west-2").assume_role_with_web_identity(**role)["Credentials"]
        for host in ("sts.eu-west-2.amazonaws.com", "sts.amazonaws.com"):
            answer = requests.get(f"https://{host}/", params=unsigned)
            assert "<AssumeRoleWithWebIdentityResult>" in answer.text
        for host in (f"{BUCKET}.s3.amazonaws.com", f"{BUCKET}.s3.dualstack.eu-west-1.amazonaws.com"):
            assert requests.head(f"https://{host}/no/such").status_code == 404
        # What curl sends for `--data` looks like a call of STS, were it not for the host.
        requests.put(
            f"https://{BUCKET}.s3.amazonaws.com/form", data={"Action": "GetCallerIdentity", "Version": "2011-06-15"}
        )

    objects = f"arn:aws:s3:::{BUCKET}"
    assert logged(server, act) == [
        *[("sts", "sts:AssumeRoleWithWebIdentity", role["RoleArn"], 200)] * 3,
        *[("s3", "s3:GetObject", f"{objects}/no/such", 404)] * 2,
        ("s3", "s3:PutObject", f"{objects}/form", 200),
    ]


@told
@pytest.mark.parametrize(
    ("bucket", "style", "host"),
    [
        ("plain-bucket", "virtual", "plain-bucket.s3.eu-west-1.amazonaws.com"),
        ("bucket.with.dots", "path", "s3.eu-west-1.amazonaws.com"),
    ],
)
def test_objects_of_virtual_hosted_and_other_buckets(server, bucket, style, host):
    s3 = client("s3", "eu-west-1", s3={"addressing_style": style}, signature_version="s3v4")
    body = os.urandom(20_000_000 if bucket == "plain-bucket" else 2_000_000)

    def act():
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket=bucket, Key=KEY, Body=body)
        assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == body
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [KEY]
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": KEY})
        assert url.startswith(f"https://{host}/")
        assert requests.get(url).content == body
        with urllib.request.build_opener().open(url) as answer:  # urlopen would remember another test's proxy
            assert answer.read() == body

    here = f"arn:aws:s3:::{bucket}"
    assert logged(server, act) == [
        ("s3", "s3:CreateBucket", here, 200),
        ("s3", "s3:PutObject", f"{here}/{KEY}", 200),
        ("s3", "s3:GetObject", f"{here}/{KEY}", 200),
        ("s3", "s3:ListBucket", here, 200),
        ("s3", "s3:GetObject", f"{here}/{KEY}", 200),
        ("s3", "s3:GetObject", f"{here}/{KEY}", 200),
    ]


@told
def test_a_bucket_with_dots_as_a_host_name(server):
    """AWS's own certificate would not cover it."""
    server.s3.create_bucket(Bucket="s3.and.dots")
    server.s3.put_object(Bucket="s3.and.dots", Key=KEY, Body=b"x")
    answer = requests.get(f"https://s3.and.dots.s3.amazonaws.com/{quote(KEY)}", headers=SIGNED)
    assert (answer.status_code, answer.text) == (200, "x")


@told
def test_without_the_authority_clients_refuse(monkeypatch):
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name)
    with pytest.raises((SSLError, ProxyConnectionError)) as refused:
        client("sts").get_caller_identity()
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused.value)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get("https://sts.amazonaws.com/")


@told
def test_the_javascript_sdk():
    if not NODE.exists():
        pytest.skip("npm's packages are not installed")
    script = Path(__file__).with_name("by_host_names.mjs")
    done = subprocess.run([NODE, script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"Account": "123456789012", "length": 5_000_000}


def test_a_job_that_names_the_hosts_itself(server):
    job = server.run(
        """
        python3 - <<'PYTHON'
import os, ssl, urllib.request
assert "machine" not in os.environ["HTTPS_PROXY"]
for host in ("sts.eu-central-1.amazonaws.com", "sts.amazonaws.com"):
    url = f"https://{host}/?Action=GetCallerIdentity&Version=2011-06-15"
    print("</GetCallerIdentityResponse>" in urllib.request.urlopen(url).read().decode())
print(all(os.path.isfile(os.environ[n]) for n in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")))
print(os.environ["MINE"])
PYTHON
        """,
        Environment={"MINE": "mine"},
    )
    assert server.lines(job["TrainingJobName"]) == ["True", "True", "True", "mine"], job.get("FailureReason")


def test_off_unless_asked_for(start):
    server = start()
    assert "tls" not in server.told
    assert "tls" not in server.local("health")
    assert not (server.data / "ca-key.pem").exists()
    job = server.run("env | grep -c -e _CA_ -e 127.0.0.1.*PROXY || true")
    assert server.lines(job["TrainingJobName"]) == [
        str(sum(name in os.environ for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")))
    ]
