"""What goes wrong on demand: by the side URL and by flags, for requests and for the pace of time."""

import json
import time
import urllib.error
from email.utils import parsedate_to_datetime

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from conftest import BUCKET, LOG_GROUP, wait_for


@pytest.fixture
def server(faulty):
    return faulty


def pace_of(told):
    return told["time_scale"], told["log_delay"]


def status_of(call, **request):
    try:
        return call(**request)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


def error_of(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "`kind` must be one of error, server-error, throttle"),
        ({"kind": "flood"}, "`kind` must be one of"),
        ({"kind": "slow"}, "slow needs seconds"),
        ({"kind": "slow", "seconds": "2"}, "seconds: '2' is not a int or float"),
        ({"kind": "slow", "seconds": -1}, "seconds: must not be negative"),
        ({"kind": "throttle", "seconds": 1}, "throttle has no seconds: its fields are operation"),
        ({"kind": "throttle", "per-second": 0.5}, "per-second: 0.5 is not a int"),
        ({"kind": "throttle", "rate": 1.5}, "rate: must be from 0 to 1"),
        ({"kind": "throttle", "calls": [0]}, "calls: must be numbers of calls"),
        ({"kind": "reset", "when": "later"}, "when: must be `before` or `after`"),
        ({"kind": "error", "code": "X", "status": 200}, "status: must be from 400 to 599"),
        ({"kind": "no-capacity", "spot": 1}, "spot: 1 is not a bool"),
        ({"kind": "hang"}, "hang needs seconds"),
        ({"kind": "server-error", "page": 1}, "page: 1 is not a bool"),
        ({"kind": "throttle", "retry-after": -1}, "retry-after: must not be negative"),
    ],
)
def test_a_wrong_fault_is_refused(server, value, words):
    with pytest.raises(urllib.error.HTTPError) as caught:
        server.local("faults", "POST", value)
    assert caught.value.code == 400
    assert words in json.load(caught.value)["message"]
    assert server.local("faults") == []


def test_faults_are_listed_and_lifted(server):
    first, second = server.fault("throttle", operation="sts:*"), server.fault("slow", seconds=0)
    assert [each["id"] for each in server.local("faults")] == [first["id"], second["id"]]
    error_of(server.sts.get_caller_identity)
    assert [(each["seen"], each["struck"]) for each in server.local("faults")] == [(1, 1), (1, 1)]
    server.local(f"faults/{first['id']}", "DELETE")
    assert server.sts.get_caller_identity()["Account"]
    with pytest.raises(urllib.error.HTTPError):
        server.local(f"faults/{first['id']}", "DELETE")


def test_throttling_reads_as_each_service_has_it(server):
    server.fault("throttle")
    assert error_of(server.sagemaker.list_training_jobs) == ("ThrottlingException", 400)
    assert error_of(server.logs.describe_log_groups) == ("ThrottlingException", 400)
    assert error_of(server.s3.list_buckets) == ("SlowDown", 503)
    assert error_of(server.iam.list_roles) == ("Throttling", 400)
    assert error_of(server.sts.get_caller_identity) == ("Throttling", 400)


def test_throttling_may_say_when_to_come_again(server):
    server.fault("throttle", **{"retry-after": 1.5})
    for call in (server.sagemaker.list_training_jobs, server.s3.list_buckets, server.sts.get_caller_identity):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-retry-after"] == "1500"


def test_a_service_s_own_fault_reads_as_each_has_it(server):
    server.fault("server-error")
    assert error_of(server.sagemaker.list_training_jobs) == ("InternalFailure", 500)
    assert error_of(server.logs.describe_log_groups) == ("ServiceUnavailableException", 503)
    assert error_of(server.s3.list_buckets) == ("InternalError", 500)
    assert error_of(server.iam.list_roles) == ("ServiceFailure", 500)
    assert error_of(server.sts.get_caller_identity) == ("InternalFailure", 500)
    assert error_of(server.client("ecr").describe_repositories) == ("ServerException", 500)


def test_s3_s_own_fault_comes_in_an_answer_that_began_as_a_success(server):
    upload = {"Bucket": BUCKET, "Key": "faults/late"}
    upload["UploadId"] = server.s3.create_multipart_upload(**upload)["UploadId"]
    etag = server.s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    server.fault("server-error", operation="s3:CompleteMultipartUpload", times=1)
    # botocore takes it for the 500 that it is (`check_for_200_error` in its handlers.py).
    assert error_of(server.s3.complete_multipart_upload, **upload, MultipartUpload=parts) == ("InternalError", 500)
    assert server.keys("faults/late") == []
    server.s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert server.keys("faults/late") == ["faults/late"]


def test_a_load_balancer_s_page(server):
    server.fault("server-error", page=True)
    for call in (server.sagemaker.list_training_jobs, server.s3.list_buckets):
        with pytest.raises((ClientError, ResponseParserError)):
            call()
    answer = urllib3.request("POST", server.url, headers={"x-amz-target": "SageMaker.ListTrainingJobs"}, body="{}")
    assert (answer.status, answer.headers["content-type"]) == (503, "text/html")


def test_the_nth_call(server):
    server.fault("error", operation="s3:PutObject", code="InternalError", status=500, calls=[2, 4])
    codes = [status_of(server.s3.put_object, Bucket=BUCKET, Key=f"nth/{number}") for number in range(5)]
    assert codes == [200, 500, 200, 500, 200]
    assert server.keys("nth/") == ["nth/0", "nth/2", "nth/4"]


def test_a_share_of_calls_and_at_most_some(server):
    server.fault("throttle", operation="sts:GetCallerIdentity", rate=0.5)
    failed = sum(status_of(server.sts.get_caller_identity) != 200 for _ in range(80))
    assert 15 < failed < 65
    server.local("faults", "DELETE")
    server.fault("throttle", operation="sts:GetCallerIdentity", times=2)
    for _ in range(2):
        error_of(server.sts.get_caller_identity)
    assert server.sts.get_caller_identity()["Account"]


def test_more_than_so_many_a_second(server):
    server.fault("throttle", operation="sts:GetCallerIdentity", **{"per-second": 3})
    for _ in range(2):
        codes = [status_of(server.sts.get_caller_identity) for _ in range(5)]
        assert codes == [200, 200, 200, 400, 400]
        time.sleep(1.1)
    assert status_of(server.sts.get_caller_identity) == 200


def test_a_client_of_aws_gets_over_it(server):
    server.fault("throttle", operation="sagemaker:ListTrainingJobs", calls=[1])
    server.fault("error", operation="s3:GetObject", code="ServiceUnavailable", status=503, calls=[1])
    server.fault("reset", operation="s3:ListObjectsV2", calls=[1])
    server.put("patient", "text")
    patience = Config(retries={"max_attempts": 3, "mode": "standard"})

    def client(service):
        keys = {"aws_access_key_id": "tester", "aws_secret_access_key": "tester"}
        return boto3.client(service, endpoint_url=server.url, region_name="us-east-1", config=patience, **keys)

    assert "TrainingJobSummaries" in client("sagemaker").list_training_jobs()
    assert client("s3").get_object(Bucket=BUCKET, Key="patient")["Body"].read() == b"text"
    assert client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] > 0


def test_a_reset_before_and_after_the_request_is_carried_out(server):
    server.fault("reset", operation="s3:PutObject", times=1)
    with pytest.raises(ConnectionClosedError):
        server.s3.put_object(Bucket=BUCKET, Key="reset/before")
    server.fault("reset", operation="s3:PutObject", when="after", times=1)
    with pytest.raises(ConnectionClosedError):
        server.s3.put_object(Bucket=BUCKET, Key="reset/after")
    assert server.keys("reset/") == ["reset/after"]
    cut = [
        each for each in server.local("requests") if each["error"] == "ConnectionReset" and "reset" in each["resource"]
    ]
    assert [(each["status"], each["resource"].rpartition("/")[2]) for each in cut] == [(0, "before"), (0, "after")]


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_never_comes(server, when):
    server.fault("hang", operation="s3:PutObject", when=when, seconds=30, times=1)
    hasty = server.client("s3", config=Config(read_timeout=0.5))
    with pytest.raises(ReadTimeoutError):
        hasty.put_object(Bucket=BUCKET, Key=f"hang/{when}", Body=b"x" * 100_000)
    assert server.keys(f"hang/{when}") == ([f"hang/{when}"] if when == "after" else [])
    wait_for(lambda: [e["error"] for e in server.local("requests") if e["resource"].endswith(when)], 5, "the log")
    server.fault("hang", operation="s3:ListBuckets", seconds=0.3, times=1)
    with pytest.raises(ConnectionClosedError):
        server.s3.list_buckets()


def test_a_truncated_answer(server):
    server.put("truncated", "x" * 1000)
    server.fault("truncate", times=4)
    with pytest.raises(HTTPClientError, match="500 bytes read"):
        server.s3.get_object(Bucket=BUCKET, Key="truncated")["Body"].read()
    request = {"headers": {"x-amz-target": "SageMaker.ListTrainingJobs"}, "body": "{}", "retries": False}
    with pytest.raises(urllib3.exceptions.ProtocolError, match=r"IncompleteRead\(\d+ bytes read"):
        urllib3.request("POST", server.url, **request)
    # Without a body it ends in the head.
    for call in (server.s3.head_object, server.s3.put_object):
        with pytest.raises(HTTPClientError):
            call(Bucket=BUCKET, Key="truncated/put")
    assert server.keys("truncated/put") == ["truncated/put"]


def test_a_slow_answer(server):
    server.fault("slow", operation="sts:GetCallerIdentity", seconds=0.5)
    began = time.monotonic()
    server.sts.get_caller_identity()
    assert time.monotonic() - began > 0.5
    began = time.monotonic()
    server.s3.list_buckets()
    assert time.monotonic() - began < 0.4


def test_an_action_that_is_denied(server):
    server.put("denied/a/x", "x")
    server.fault("deny", action="s3:GetObject", resource=f"arn:aws:s3:::{BUCKET}/denied/*")
    server.fault("deny", action="logs:*")
    assert error_of(server.s3.get_object, Bucket=BUCKET, Key="denied/a/x") == ("AccessDenied", 403)
    assert error_of(server.logs.describe_log_groups) == ("AccessDeniedException", 400)
    assert server.keys("denied/") == ["denied/a/x"]
    server.fault("deny", action="iam:PassRole")
    assert error_of(server.sagemaker.create_training_job, **server.request()) == ("AccessDeniedException", 400)
    refused = [each for each in server.local("requests") if each["operation"] == "CreateTrainingJob"][-1]
    assert (refused["status"], refused["error"]) == (400, "AccessDeniedException")


def test_only_a_principal_s_calls(server):
    server.fault("throttle", operation="sts:*", principal="arn:aws:iam::*:user/somebody-else")
    assert server.sts.get_caller_identity()["Account"]


def test_expired_credentials(server):
    server.fault("expired-credentials")
    assert error_of(server.sagemaker.list_training_jobs) == ("ExpiredTokenException", 400)
    assert error_of(server.s3.list_buckets) == ("ExpiredToken", 400)
    assert error_of(server.sts.get_caller_identity) == ("ExpiredToken", 403)


def test_a_session_that_a_fault_ended_is_over(server):
    (first, _), (second, _) = session(server), session(server)
    server.fault("expired-credentials", operation="s3:ListBuckets", times=1)
    assert error_of(server.client("s3", **first).list_buckets) == ("ExpiredToken", 400)
    assert error_of(server.client("logs", **first).describe_log_groups) == ("ExpiredTokenException", 400)
    assert status_of(server.client("s3", **second).list_buckets) == 200


def test_aws_s_clock_may_be_another(server):
    assert server.local("pace")["clock"] == pytest.approx(time.time(), abs=60)
    server.local("pace", "PUT", {"clock_ahead": 400})
    for service, operation, code in (
        ("sagemaker", "list_training_jobs", "InvalidSignatureException"),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
    ):
        with pytest.raises(
            ClientError, match=r"Signature expired: \w+ is now earlier than \w+ \(\w+ - 5 min\.\)"
        ) as caught:
            getattr(server.client(service), operation)()
        assert caught.value.response["Error"]["Code"] == code
    told = server.client("s3").list_buckets()["ResponseMetadata"]["HTTPHeaders"]["date"]
    assert parsedate_to_datetime(told).timestamp() == pytest.approx(time.time() + 400, abs=60)
    server.local("pace", "PUT", {"clock_ahead": -1000})
    with pytest.raises(ClientError, match="difference between the request time and the current time") as caught:
        server.client("s3").list_buckets()
    assert caught.value.response["Error"]["MaxAllowedSkewMilliseconds"] == "900000"
    with pytest.raises(ClientError, match="Signature not yet current"):
        server.client("sagemaker").list_training_jobs()


def session(server):
    """Keys of a session of fifteen minutes, as a client takes them, and when it ends."""
    tokens = server.local("oidc")
    answer = urllib3.request(
        "GET",
        f"{tokens['request_url']}&audience=sts.amazonaws.com",
        headers={"authorization": f"Bearer {tokens['request_token']}"},
    )
    given = server.sts.assume_role_with_web_identity(
        RoleArn="arn:aws:iam::123456789012:role/clock",
        RoleSessionName="clock",
        WebIdentityToken=answer.json()["value"],
        DurationSeconds=900,
    )["Credentials"]
    names = {
        "aws_access_key_id": "AccessKeyId",
        "aws_secret_access_key": "SecretAccessKey",
        "aws_session_token": "SessionToken",
    }
    return {name: given[each] for name, each in names.items()}, given["Expiration"]


def test_sessions_end_by_aws_s_clock(server):
    server.local("pace", "PUT", {"clock_ahead": -800})
    keys, ends = session(server)
    assert ends.timestamp() == pytest.approx(time.time() + 100, abs=60)
    logs = server.client("logs", **keys)
    server.local("pace", "PUT", {"clock_ahead": 0})
    assert status_of(logs.describe_log_groups) == 200
    server.local("pace", "PUT", {"clock_ahead": 150})
    assert error_of(logs.describe_log_groups) == ("ExpiredTokenException", 400)
    server.local("pace", "PUT", {"clock_ahead": 0})
    server.fault("short-session", seconds=60)
    assert session(server)[1].timestamp() == pytest.approx(time.time() + 60, abs=40)
    server.local("pace", "PUT", {"clock_rate": 300})
    before = server.local("pace")["clock"]
    time.sleep(0.2)
    assert server.local("pace")["clock"] - before > 50


def test_a_fresh_role_cannot_be_assumed_yet(server):
    server.fault("role-not-ready", role="fresh-*", seconds=5)
    role = server.make_role("fresh-1", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    request = server.request(RoleArn=role)
    with pytest.raises(ClientError, match=r"Could not assume role .*fresh-1\. Please ensure that the role exists"):
        server.sagemaker.create_training_job(**request)
    server.run()  # another role is not touched

    def ready():
        try:
            return server.sagemaker.create_training_job(**request)
        except ClientError:
            return None

    wait_for(ready, 20, "the role")
    assert server.ended(request["TrainingJobName"])["TrainingJobStatus"] == "Completed"


def test_quota(server):
    server.fault("quota", instance_type="ml.p3.*", limit=0)
    server.fault("quota", instance_type="ml.c5.large", limit=2)
    request = server.request()
    request["ResourceConfig"]["InstanceType"] = "ml.p3.2xlarge"
    with pytest.raises(ClientError) as caught:
        server.sagemaker.create_training_job(**request)
    assert caught.value.response["Error"] == {
        "Code": "ResourceLimitExceeded",
        "Message": "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with "
        "current utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request "
        "an increase for this limit.",
    }
    assert server.run()["TrainingJobStatus"] == "Completed"  # another type


def test_quota_counts_what_runs(server):
    server.fault("quota", instance_type="ml.m5.large", limit=2)
    first = server.create("sleep 30", instances=2)
    with pytest.raises(ClientError, match="current utilization of 2 Instances and a request delta of 1 Instances"):
        server.create()
    server.sagemaker.stop_training_job(TrainingJobName=first)
    server.ended(first)
    assert server.run()["TrainingJobStatus"] == "Completed"


def test_time_scale_is_changed_while_serving(server):
    assert pace_of(server.local("pace")) == (0.01, 0.0)
    assert pace_of(server.local("pace", "PUT", {"time_scale": 0.002})) == (0.002, 0.0)
    name = server.create("trap '' TERM; echo up; sleep 60 & wait; sleep 60")
    server.wait_for_line(name, "up")
    began = time.monotonic()
    server.sagemaker.stop_training_job(TrainingJobName=name)
    server.ended(name)
    assert time.monotonic() - began < 2
    with pytest.raises(urllib.error.HTTPError):
        server.local("pace", "PUT", {"time_scale": 0})


def test_late_logs(server):
    server.local("pace", "PUT", {"log_delay": 2})
    script = "for i in 1 2 3 4 5 6; do echo $(hostname) $i; sleep 0.3; done"
    job = server.run(script, instances=2)
    name = job["TrainingJobName"]
    ended = time.time() * 1000
    deadline = time.monotonic() + 12
    while time.monotonic() < deadline and sum(len(lines_so_far(server, name, host)) for host in (1, 2)) < 12:
        time.sleep(0.1)
    for host in (1, 2):
        lines = lines_so_far(server, name, host)
        said = [message.split()[-1] for message, _, _ in lines]
        assert sorted(said) == list("123456")
        assert said != list("123456"), "out of the order in which they were printed"
        assert all(ingested - printed >= 2000 for _, printed, ingested in lines)
        assert max(ingested for _, _, ingested in lines) > ended, "lines came after the job's end"


def lines_so_far(server, name, host):
    try:
        streams = [each for each in server.streams(name) if f"/algo-{host}-" in each]
    except server.logs.exceptions.ResourceNotFoundException:
        return []
    found = []
    for stream in streams:
        events = server.logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True)["events"]
        found += [(event["message"], event["timestamp"], event["ingestionTime"]) for event in events]
    return found


def test_flags(start):
    other = start(
        *("--time-scale", "0.01", "--log-delay", "0.1"),
        *("--fault", "throttle operation=sts:* calls=[1]"),
        *("--fault", '{"kind": "quota", "instance-type": "ml.p3.2xlarge", "limit": 0}'),
    )
    assert pace_of(other.local("pace")) == (0.01, 0.1)
    assert [each["kind"] for each in other.local("faults")] == ["throttle", "quota"]
    error_of(other.sts.get_caller_identity)
    assert other.sts.get_caller_identity()["Account"]


@pytest.mark.parametrize(
    "flag", ["flood", "throttle rate=2", "throttle rate", '{"kind": "slow"}', "slow seconds=x", "{"]
)
def test_a_wrong_flag_ends_the_start(start, flag):
    with pytest.raises(RuntimeError, match="--fault"):
        start("--fault", flag)


def test_a_job_s_own_transfers_get_over_it_but_need_their_permissions(server):
    script = "sleep 1; echo m > $B/model/m"
    name = server.create(script)
    server.fault("throttle", operation="s3:*")
    assert server.ended(name)["TrainingJobStatus"] == "Completed"
    server.local("faults", "DELETE")
    name = server.create(script)
    server.fault("deny", action="s3:PutObject", principal="arn:aws:sts::*:assumed-role/worker/*")
    assert server.ended(name)["TrainingJobStatus"] == "Failed"
