"""What CreateTrainingJob and its neighbours refuse, and in which words."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import BUCKET


@pytest.fixture(scope="module")
def unchecked(server):
    """A client that sends what botocore itself would refuse to send."""
    return boto3.client(
        "sagemaker",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )


def refusal(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def refused(server, change, unchecked=None):
    request = server.request()
    change(request)
    client = unchecked or server.sagemaker
    code, text = refusal(client.create_training_job, **request)
    assert code == "ValidationException"
    return text


def test_pattern_and_length_of_the_name(server):
    name = "a_" * 40
    pattern = "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    value = f"Value '{name}' at 'trainingJobName' failed to satisfy constraint: Member must"
    assert refused(server, lambda request: request.update(TrainingJobName=name)) == (
        f"2 validation errors detected: {value} satisfy regular expression pattern: {pattern}; "
        f"{value} have length less than or equal to 63"
    )


def test_missing_member(server, unchecked):
    assert refused(server, lambda request: request.pop("RoleArn"), unchecked) == (
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
    )
    assert "Value null at 'resourceConfig'" in refused(server, lambda request: request.pop("ResourceConfig"))


def test_enum(server):
    text = refused(server, lambda request: request["ResourceConfig"].update(InstanceType="ml.none"))
    assert text.startswith("1 validation error detected: Value 'ml.none' at 'resourceConfig.instanceType' failed")
    assert "Member must satisfy enum value set: [" in text
    assert "ml.m5.large" in text


def test_numbers(server, unchecked):
    for count in (0, -1):
        text = refused(
            server, lambda request, count=count: request["ResourceConfig"].update(InstanceCount=count), unchecked
        )
        assert f"Value '{count}' at 'resourceConfig.instanceCount' failed to satisfy constraint" in text
    text = refused(server, lambda request: request["StoppingCondition"].update(MaxRuntimeInSeconds=0), unchecked)
    assert "'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value" in text


def test_maps_and_lists(server):
    text = refused(server, lambda request: request.update(HyperParameters={"k": "v" * 2501}))
    assert "Map value must satisfy constraint: [Member must have length less than or equal to 2500]" in text
    text = refused(server, lambda request: request.update(Environment={"1X": "v"}))
    assert "at 'environment' failed to satisfy constraint: Map keys must satisfy constraint" in text
    text = refused(server, lambda request: request.update(Tags=[{"Key": "a", "Value": "b"}, {"Key": "#", "Value": ""}]))
    assert "Value '#' at 'tags.2.member.key' failed to satisfy constraint" in text
    channel = server.request()["InputDataConfig"][0]
    text = refused(server, lambda request: request.update(InputDataConfig=[channel] * 21))
    assert "Member must have length less than or equal to 20" in text


def test_unicode_tags_pass(server):
    name = server.create(Tags=[{"Key": "prénom 1", "Value": "Zoë_+=@ /"}])
    arn = server.describe(name)["TrainingJobArn"]
    assert server.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "prénom 1", "Value": "Zoë_+=@ /"}]


def test_wrong_type(server, unchecked):
    request = server.request()
    request["HyperParameters"] = {"n": 5}
    assert refusal(unchecked.create_training_job, **request)[0] == "SerializationException"


def test_max_wait(server):
    def wait(seconds, spot):
        def change(request):
            request["StoppingCondition"] = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": seconds}
            request["EnableManagedSpotTraining"] = spot

        return change

    assert "MaxWaitTimeInSeconds" in refused(server, wait(60, False))
    assert "greater than or equal to MaxRuntimeInSeconds" in refused(server, wait(59, True))
    assert "MaxWaitTimeInSeconds" in refused(server, lambda request: request.update(EnableManagedSpotTraining=True))


def test_role(server):
    missing = "arn:aws:iam::123456789012:role/not-there"
    text = f"Could not assume role {missing}. Please ensure that the role exists and allows principal"
    assert refused(server, lambda request: request.update(RoleArn=missing)).startswith(text)
    trust = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    other = server.iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assert refused(server, lambda request: request.update(RoleArn=other)).startswith("Could not assume role")


def test_input_without_objects(server):
    for uri in (f"s3://{BUCKET}/nothing/here", "s3://no-such-bucket-at-all/x"):
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
        channel = {"ChannelName": "empty", "DataSource": source}
        text = refused(server, lambda request, channel=channel: request["InputDataConfig"].append(channel))
        assert text.startswith(f'No S3 objects found under S3 URL "{uri}" given in input data source.')


def test_channel_names_are_unique(server):
    assert "code" in refused(server, lambda request: request["InputDataConfig"].append(request["InputDataConfig"][0]))


def test_job_names_are_unique(server):
    name = server.create(name="Taken-1")
    code, text = refusal(server.sagemaker.create_training_job, **server.request(name=name))
    assert code == "ResourceInUse"
    assert text.startswith("Training job names must be unique within an AWS account and region, and a training job")
    assert "(arn:aws:sagemaker:us-east-1:123456789012:training-job/taken-1)" in text


def test_unknown_job(server):
    for call in (server.sagemaker.describe_training_job, server.sagemaker.stop_training_job):
        assert refusal(call, TrainingJobName="nobody") == ("ValidationException", "Requested resource not found.")


def test_tags(server):
    arn = server.describe(server.create(Tags=[{"Key": "a", "Value": "1"}]))["TrainingJobArn"]
    server.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert server.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "a", "Value": "3"},
        {"Key": "b", "Value": "2"},
    ]
    server.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert server.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_status_filters_what_a_page_took(server):
    names = [server.create("true" if number else "exit 1", name=f"listed-{number}") for number in range(4)]
    for name in names:
        server.ended(name)

    def page(**more):
        answer = server.sagemaker.list_training_jobs(NameContains="LISTED", MaxResults=2, **more)
        return [each["TrainingJobName"] for each in answer["TrainingJobSummaries"]], answer.get("NextToken")

    first, token = page()
    assert first == ["listed-3", "listed-2"]
    assert page(NextToken=token) == (["listed-1", "listed-0"], None)
    empty, token = page(StatusEquals="Failed")
    assert empty == []
    assert page(StatusEquals="Failed", NextToken=token) == (["listed-0"], None)
    ascending = server.sagemaker.list_training_jobs(NameContains="listed", SortBy="Name", SortOrder="Ascending")
    assert [each["TrainingJobName"] for each in ascending["TrainingJobSummaries"]] == sorted(names)
