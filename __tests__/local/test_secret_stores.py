"""Secrets Manager and the Parameter Store for a job: what its role reads, and what it does not."""

import pytest
from botocore.exceptions import ClientError

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/"


@pytest.fixture(scope="module")
def server(start):
    """One that judges everybody, not only jobs."""
    return start("--enforce-iam")


@pytest.fixture(scope="module")
def as_role(server):
    """The clients of a job's role with these statements, as its containers have them."""

    def assume(name, *statements):
        role = server.make_role(name, *statements)
        given = server.sts.assume_role(RoleArn=role, RoleSessionName="SageMaker")["Credentials"]
        keys = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        return server.client("secretsmanager", **keys), server.client("ssm", **keys)

    return assume


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def refused(call, **given):
    with pytest.raises(ClientError) as error:
        call(**given)
    return error.value.response["Error"]


@pytest.fixture(scope="module")
def kept(server):
    """The ARNs of a secret and of another, whose names are near."""
    store, parameters = server.client("secretsmanager"), server.client("ssm")
    one = store.create_secret(Name="team/db", SecretString="hunter2")["ARN"]
    other = store.create_secret(Name="team/db-2", SecretString="hunter3")["ARN"]
    store.create_secret(Name="by-key", SecretString="hunter4", KmsKeyId=KEY)
    parameters.put_parameter(Name="/team/key", Value="hunter5", Type="SecureString")
    parameters.put_parameter(Name="plain", Value="hunter6", Type="String")
    parameters.put_parameter(Name="/by/key", Value="hunter7", Type="SecureString", KeyId=KEY)
    return one, other


def test_a_role_reads_what_it_may_by_any_name(as_role, kept):
    store, _ = as_role("whole", allow("secretsmanager:GetSecretValue", kept[0]))
    for name in (kept[0], kept[0][:-7], "team/db"):
        assert store.get_secret_value(SecretId=name)["SecretString"] == "hunter2"
    for name in (kept[1], kept[1][:-7], "team/db-2", f"{SECRET}none-a1B2c3", f"{SECRET}none", "none"):
        error = refused(store.get_secret_value, SecretId=name)
        assert error["Code"] == "AccessDeniedException"
    assert error["Message"] == (
        "User: arn:aws:sts::123456789012:assumed-role/whole/SageMaker is not authorized to perform: "
        f"secretsmanager:GetSecretValue on resource: {SECRET}none because no identity-based policy allows the "
        "secretsmanager:GetSecretValue action"
    )
    assert refused(store.put_secret_value, SecretId=kept[0], SecretString="x")["Code"] == "AccessDeniedException"
    assert refused(store.list_secrets)["Code"] == "AccessDeniedException"


def test_six_characters_stand_for_those_of_any_secret(as_role, kept):
    store, _ = as_role("partial", allow("secretsmanager:GetSecretValue", f"{SECRET}team/db-??????"))
    assert store.get_secret_value(SecretId=f"{SECRET}team/db")["SecretString"] == "hunter2"
    assert refused(store.get_secret_value, SecretId=kept[1])["Code"] == "AccessDeniedException"


@pytest.mark.usefixtures("kept")
def test_a_parameter_is_read_by_name_and_by_arn(as_role):
    _, store = as_role("parameters", allow("ssm:GetParameter", [f"{PARAMETER}team/key", f"{PARAMETER}plain"]))
    for name, value in {
        "/team/key": "hunter5",
        f"{PARAMETER}team/key": "hunter5",
        f"{PARAMETER}plain": "hunter6",
        "plain": "hunter6",
        "plain:1": "hunter6",
    }.items():
        assert store.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == value
    error = refused(store.get_parameter, Name=f"{PARAMETER}team/key2")
    assert error["Code"] == "AccessDeniedException"
    assert f"ssm:GetParameter on resource: {PARAMETER}team/key2 because" in error["Message"]
    assert refused(store.get_parameters, Names=["/team/key"])["Code"] == "AccessDeniedException"


@pytest.mark.usefixtures("kept")
def test_a_customers_key_is_asked_for(as_role):
    via = {
        "StringEquals": {"kms:ViaService": ["secretsmanager.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"]}
    }
    reads = [allow("secretsmanager:GetSecretValue", "*"), allow("ssm:GetParameter", "*")]
    with_key, parameters = as_role("with-key", *reads, allow("kms:Decrypt", KEY, Condition=via))
    assert with_key.get_secret_value(SecretId="by-key")["SecretString"] == "hunter4"
    assert parameters.get_parameter(Name="/by/key", WithDecryption=True)["Parameter"]["Value"] == "hunter7"
    store, parameters = as_role("without-key", *reads)
    assert "kms:Decrypt" in refused(store.get_secret_value, SecretId="by-key")["Message"]
    assert "kms:Decrypt" in refused(parameters.get_parameter, Name="/by/key", WithDecryption=True)["Message"]
    assert parameters.get_parameter(Name="/by/key")["Parameter"]["Value"] != "hunter7"
    assert store.get_secret_value(SecretId="team/db")["SecretString"] == "hunter2"


@pytest.mark.usefixtures("kept")
def test_what_is_not_there_is_said_to_who_may_know(as_role):
    store, parameters = as_role("everything", allow(["secretsmanager:*", "ssm:*"], "*"))
    assert refused(store.get_secret_value, SecretId=f"{SECRET}none")["Code"] == "ResourceNotFoundException"
    assert refused(parameters.get_parameter, Name=f"{PARAMETER}none")["Code"] == "ParameterNotFound"
