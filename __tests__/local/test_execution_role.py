"""A job does what its execution role may do, and fails where SageMaker would, in its words."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import BUCKET, LOG_GROUP, wait_for

LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
VPC = {"SecurityGroupIds": ["sg-12345678"], "Subnets": ["subnet-12345678"]}
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def role(server):
    made = []

    def make(*statements):
        made.append(server.make_role(f"lacking-{len(made)}", *statements))
        return made[-1]

    return make


def statuses(job):
    return [each["Status"] for each in job["SecondaryStatusTransitions"]]


def test_enough(server, role):
    job = server.run("echo x > $B/model/m", RoleArn=role(LIST, READ, WRITE))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


@pytest.mark.parametrize("statements", [[], [READ, WRITE], [LIST, READ, WRITE, {**LIST, "Effect": "Deny"}]])
def test_inputs_that_it_may_not_list_are_refused_at_once(server, role, statements):
    arn = role(*statements)
    with pytest.raises(ClientError) as caught:
        server.create(RoleArn=arn)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith("No S3 objects found under S3 URL")
    assert f'the role "{arn}" has "s3:ListBucket" permissions on the bucket' in error["Message"]


def test_inputs_that_it_may_not_read(server, role):
    job = server.run(RoleArn=role(LIST, WRITE))
    assert statuses(job) == ["Starting", "Downloading", "Failed"]
    name = job["TrainingJobName"]
    assert job["FailureReason"] == (
        f"ClientError: Data download failed:Unable to download object s3://{BUCKET}/code/{name}/run.sh "
        "(AccessDenied: Access Denied)"
    )


def test_a_pipe_that_it_may_not_read(server, role):
    server.put("piped/x", "x")
    code = {**READ, "Resource": f"arn:aws:s3:::{BUCKET}/code/*"}
    request = server.request("cat $B/input/data/in_0; sleep 30", RoleArn=role(LIST, code, WRITE))
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/piped/"}}
    request["InputDataConfig"].append({"ChannelName": "in", "InputMode": "Pipe", "DataSource": source})
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    reason = f"Unable to download object s3://{BUCKET}/piped/x (AccessDenied: Access Denied)"
    assert job["FailureReason"] == f"ClientError: Data download failed:{reason}"


def test_only_some_folders(server, role):
    inside = {**READ, "Resource": f"arn:aws:s3:::{BUCKET}/code/*"}
    below = {**LIST, "Condition": {"StringLike": {"s3:prefix": ["code/*"]}}}
    arn = role(below, inside, WRITE)
    assert server.run(RoleArn=arn)["TrainingJobStatus"] == "Completed"
    server.put("elsewhere/x", "x")
    channels = {"more": {"S3Uri": f"s3://{BUCKET}/elsewhere/"}}
    with pytest.raises(ClientError, match=r"No S3 objects found under S3 URL .*elsewhere"):
        server.create(RoleArn=arn, channels=channels)


def test_results_that_it_may_not_write(server, role):
    job = server.run("echo x > $B/model/m", RoleArn=role(LIST, READ))
    assert statuses(job) == ["Starting", "Downloading", "Training", "Uploading", "Failed"]
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:")
    assert server.run("true", RoleArn=role(LIST, READ))["TrainingJobStatus"] == "Completed"  # nothing to write


def test_checkpoints_that_it_may_not_write(server, role):
    arn = role(LIST, READ, {**WRITE, "Resource": f"arn:aws:s3:::{BUCKET}/out/*"})
    state = 'S=$(sed \'s/.*"LocalPath": "\\([^"]*\\)".*/\\1/\' $B/input/config/checkpointconfig.json); echo x > $S/x'
    job = server.run(state, RoleArn=arn, CheckpointConfig={"S3Uri": f"s3://{BUCKET}/denied-state"})
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Checkpoint upload failed:")


def test_a_vpc(server, role):
    job = server.run(RoleArn=role(LIST, READ, WRITE), VpcConfig=VPC)
    assert statuses(job) == ["Starting", "Failed"]
    assert "ec2:CreateNetworkInterface," in job["FailureReason"]
    network = {"Effect": "Allow", "Action": ["ec2:Describe*", "ec2:*NetworkInterface*"], "Resource": "*"}
    job = server.run(RoleArn=role(LIST, READ, WRITE, network), VpcConfig=VPC)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_keys(server, role):
    out = {"OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out", "KmsKeyId": KEY}}
    job = server.run(RoleArn=role(LIST, READ, WRITE), **out)
    assert (statuses(job)[-2:], "kms:GenerateDataKey" in job["FailureReason"]) == (["Uploading", "Failed"], True)
    may = {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": KEY}
    assert server.run(RoleArn=role(LIST, READ, WRITE, may), **out)["TrainingJobStatus"] == "Completed"
    request = server.request(RoleArn=role(LIST, READ, WRITE, may))
    request["ResourceConfig"]["VolumeKmsKeyId"] = KEY
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    assert (statuses(job), "kms:CreateGrant" in job["FailureReason"]) == (["Starting", "Failed"], True)


WORKER = """
import json, os, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
keys = json.load(opener.open(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]))
print(json.dumps(keys))
"""


def test_the_worker_s_own_calls(server, role):
    """Its credentials are the role's: what they may do here is what the role may."""
    channels = {"py": {"S3Uri": server.put("worker/code.py", WORKER)}}
    script = "python3 $B/input/data/py/code.py; sleep 20"
    name = server.create(script, RoleArn=role(LIST, READ), channels=channels)
    keys = wait_for_keys(server, name)
    credentials = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["Token"],
    }
    s3 = server.client("s3", **credentials)
    assert s3.get_object(Bucket=BUCKET, Key="worker/code.py")["Body"].read().decode() == WORKER
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=BUCKET, Key="x")
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    assert error["Message"] == (
        "User: arn:aws:sts::123456789012:assumed-role/"
        + server.describe(name)["RoleArn"].rpartition("/")[2]
        + "/SageMaker "
        f'is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::{BUCKET}/x" because no identity-based '
        "policy allows the s3:PutObject action"
    )
    for service, call in (("sagemaker", "list_training_jobs"), ("logs", "describe_log_groups"), ("iam", "list_roles")):
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(server.client(service, **credentials), call)()
    assert server.client("sts", **credentials).get_caller_identity()["Account"] == "123456789012"
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key="not-there")
    server.sagemaker.stop_training_job(TrainingJobName=name)
    server.ended(name)


def wait_for_keys(server, name):
    def found():
        try:
            events = server.logs.filter_log_events(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")["events"]
        except server.logs.exceptions.ResourceNotFoundException:
            return None
        return json.loads(events[0]["message"]) if events else None

    return wait_for(found, 20, "the job's credentials")


def test_what_is_absent_is_hidden_from_who_may_not_list(server, role):
    channels = {"py": {"S3Uri": server.put("hidden/code.py", WORKER)}}
    limited = {**LIST, "Condition": {"StringLike": {"s3:prefix": ["code/*", "hidden/*"]}}}
    name = server.create("python3 $B/input/data/py/code.py; sleep 20", RoleArn=role(limited, READ), channels=channels)
    keys = wait_for_keys(server, name)
    s3 = server.client(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["Token"],
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=BUCKET, Key="not-there")
    server.sagemaker.stop_training_job(TrainingJobName=name)
    server.ended(name)


def test_a_policy_that_is_not_seen_yet(faulty):
    faulty.fault("policy-not-seen", role="fresh-policy", seconds=5)
    arn = faulty.make_role("fresh-policy", LIST, READ, WRITE)
    with pytest.raises(ClientError, match="No S3 objects found"):
        faulty.create(RoleArn=arn)

    def seen():
        try:
            return faulty.create(RoleArn=arn)
        except ClientError:
            return None

    assert faulty.ended(wait_for(seen, 20, "the policy"))["TrainingJobStatus"] == "Completed"


def test_the_simulator(server, role):
    arn = role(LIST, READ)
    answer = server.iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=[f"arn:aws:s3:::{BUCKET}/x", "arn:aws:s3:::other/x"],
    )
    found = [
        (each["EvalActionName"], each["EvalResourceName"], each["EvalDecision"]) for each in answer["EvaluationResults"]
    ]
    assert found == [
        ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/x", "allowed"),
        ("s3:GetObject", "arn:aws:s3:::other/x", "implicitDeny"),
        ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/x", "implicitDeny"),
        ("s3:PutObject", "arn:aws:s3:::other/x", "implicitDeny"),
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("arn:aws:iam::123456789012:role/nobody", "NoSuchEntity"),
        ("arn:aws:iam::123456789012:user/nobody", "NoSuchEntity"),
        ("arn:aws:iam::123456789012:role/a-path/worker", "NoSuchEntity"),
        ("arn:aws:iam::123456789012:root", "InvalidInput"),
        ("arn:aws:sts::123456789012:assumed-role/worker/session", "InvalidInput"),
        ("this is not an ARN at all", "InvalidInput"),
    ],
)
def test_the_simulator_wants_a_role_or_user_of_iam(server, source, code):
    with pytest.raises(ClientError) as caught:
        server.iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=["s3:GetObject"])
    error = caught.value.response["Error"]
    assert (error["Code"], source in error["Message"]) == (code, True)


def test_the_simulator_of_users_boundaries_and_conditions(server):
    policy = [{**READ, "Condition": {"StringEquals": {"s3:ExistingObjectTag/a": "b"}}}, {**WRITE, "Effect": "Deny"}]
    user = server.iam.create_user(UserName="simulated", Path="/ci/")["User"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": policy})
    server.iam.put_user_policy(UserName="simulated", PolicyName="policy", PolicyDocument=document)

    def decisions(**more):
        answer = server.iam.simulate_principal_policy(
            PolicySourceArn=user, ActionNames=["s3:GetObject", "s3:PutObject"], **more
        )
        return [each["EvalDecision"] for each in answer["EvaluationResults"]]

    tagged = {"ContextKeyName": "s3:ExistingObjectTag/a", "ContextKeyType": "string", "ContextKeyValues": ["b"]}
    everything = [f"arn:aws:s3:::{BUCKET}/x"]
    assert decisions(ResourceArns=everything) == ["implicitDeny", "explicitDeny"]
    assert decisions(ResourceArns=everything, ContextEntries=[tagged]) == ["allowed", "explicitDeny"]


def test_the_simulator_answers_in_pages(server, role):
    names = [f"s3:Get{number}" for number in range(101)]
    arn = role(LIST)
    first = server.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=names)
    assert (first["IsTruncated"], len(first["EvaluationResults"])) == (True, 100)
    pages = server.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=arn, ActionNames=names, PaginationConfig={"PageSize": 40}
    )
    found = [[each["EvalActionName"] for each in page["EvaluationResults"]] for page in pages]
    assert [len(page) for page in found] == [40, 40, 21]
    assert [name for page in found for name in page] == names
    with pytest.raises(ClientError, match="InvalidInput"):
        server.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=names, Marker="!")


def test_the_administrator_may_everything(server):
    arn = server.sts.get_caller_identity()["Arn"]
    answer = server.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject", "iam:PassRole"])
    assert [each["EvalDecision"] for each in answer["EvaluationResults"]] == ["allowed", "allowed"]


def test_everybody_is_judged_on_demand(start):
    strict = start("--enforce-iam")
    strict.iam.create_user(UserName="somebody")
    key = strict.iam.create_access_key(UserName="somebody")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    with pytest.raises(ClientError, match="AccessDenied"):
        strict.client("s3", **keys).list_objects_v2(Bucket=BUCKET)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [LIST]})
    strict.iam.put_user_policy(UserName="somebody", PolicyName="list", PolicyDocument=policy)
    assert strict.client("s3", **keys).list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        strict.client("sagemaker", **keys).list_training_jobs()
    asked = {
        "PolicySourceArn": strict.iam.get_user(UserName="somebody")["User"]["Arn"],
        "ActionNames": ["s3:PutObject"],
    }
    with pytest.raises(ClientError, match=r"AccessDenied.*iam:SimulatePrincipalPolicy"):
        strict.client("iam", **keys).simulate_principal_policy(**asked)
    itself = {"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": asked["PolicySourceArn"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [LIST, itself]})
    strict.iam.put_user_policy(UserName="somebody", PolicyName="list", PolicyDocument=policy)
    answer = strict.client("iam", **keys).simulate_principal_policy(**asked)
    assert [each["EvalDecision"] for each in answer["EvaluationResults"]] == ["implicitDeny"]
    assert strict.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []  # the administrator
