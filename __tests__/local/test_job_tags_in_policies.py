"""Policies that look at the tags of training jobs: who may start, tag and stop which."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

JOBS = "arn:aws:sagemaker:us-east-1:123456789012:training-job/*"
OURS = [{"Key": "Team", "Value": "ours"}]
THEIRS = [{"Key": "Team", "Value": "theirs"}]


def allow(action, **condition):
    return {"Effect": "Allow", "Action": action, "Resource": JOBS, "Condition": condition}


@pytest.fixture(scope="module")
def server(start):
    return start("--enforce-iam", "--time-scale", "0.01")


@pytest.fixture(scope="module")
def client(server):
    """A user who may do all this with the team's own jobs alone."""
    name = f"user-{uuid.uuid4().hex[:8]}"
    server.iam.create_user(UserName=name)
    statements = [
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
        allow("sagemaker:CreateTrainingJob", StringEquals={"aws:RequestTag/Team": "ours"}),
        allow("sagemaker:AddTags", StringEquals={"sagemaker:TaggingAction": "CreateTrainingJob"}),
        allow("sagemaker:StopTrainingJob", StringEquals={"aws:ResourceTag/Team": "ours"}),
        allow("sagemaker:DescribeTrainingJob", StringEquals={"sagemaker:ResourceTag/Team": "ours"}),
        allow("sagemaker:DeleteTags", **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["Other"]}}),
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    server.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    key = server.iam.create_access_key(UserName=name)["AccessKey"]
    return server.client(
        "sagemaker", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )


def denied(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return caught.value.response["Error"]["Message"]


def test_only_jobs_with_the_tag_are_started(server, client):
    client.create_training_job(**server.request(Tags=[*OURS, {"Key": "Other", "Value": "x"}]))
    for tags in ({"Tags": THEIRS}, {}):
        assert "sagemaker:CreateTrainingJob" in denied(client.create_training_job, **server.request(**tags))


def test_only_jobs_with_the_tag_are_looked_at_and_stopped(server, client):
    own, other = server.request("sleep 60", Tags=OURS), server.request("sleep 60", Tags=THEIRS)
    for request in (own, other):
        server.sagemaker.create_training_job(**request)
    name, foreign = own["TrainingJobName"], other["TrainingJobName"]
    assert client.describe_training_job(TrainingJobName=name)["TrainingJobName"] == name
    denied(client.describe_training_job, TrainingJobName=foreign)
    denied(client.stop_training_job, TrainingJobName=foreign)
    client.stop_training_job(TrainingJobName=name)
    assert server.ended(name)["TrainingJobStatus"] == "Stopped"
    server.sagemaker.stop_training_job(TrainingJobName=foreign)
    # A job that is not there has no tags either.
    denied(client.stop_training_job, TrainingJobName="nobody")


def test_a_job_that_is_there_is_not_tagged_by_who_may_tag_new_ones(server, client):
    request = server.request(Tags=THEIRS)
    arn = server.sagemaker.create_training_job(**request)["TrainingJobArn"]
    assert "sagemaker:AddTags" in denied(client.add_tags, ResourceArn=arn, Tags=OURS)
    assert server.sagemaker.list_tags(ResourceArn=arn)["Tags"] == THEIRS


def test_only_tags_of_a_key_are_removed(server, client):
    other = {"Key": "Other", "Value": "x"}
    arn = server.sagemaker.create_training_job(**server.request(Tags=[*OURS, other]))["TrainingJobArn"]
    denied(client.delete_tags, ResourceArn=arn, TagKeys=["Team"])
    client.delete_tags(ResourceArn=arn, TagKeys=["Other"])
    assert server.sagemaker.list_tags(ResourceArn=arn)["Tags"] == OURS
