"""OpenID Connect tokens and the sessions they give."""

import base64
import json
import time

import pytest
import requests
from botocore.exceptions import ClientError
from conftest import BUCKET, TRUST

ROLE = "arn:aws:iam::999988887777:role/path/github"  # one that only AWS has


@pytest.fixture(scope="module")
def server(start):
    return start("--time-scale", "0.01")


def claims(value):
    body = value.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def forged(server, **changes):
    """A token of changed claims, with the signature of another."""
    head, _, signature = server.token().split(".")
    body = json.dumps({**claims(server.token()), **changes}).encode()
    return f"{head}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{signature}"


def assume(server, value, role=ROLE, **fields):
    request = {"RoleArn": role, "RoleSessionName": "GitHubActions", "WebIdentityToken": value, **fields}
    return server.client("sts").assume_role_with_web_identity(**request)


def clients_of(server, given):
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    return lambda service: server.client(service, **keys)


def test_a_token_tells_what_github_s_does(server):
    told = claims(server.token(sub="repo:o/r:pull_request"))
    assert told["sub"] == "repo:o/r:pull_request"
    assert told["aud"] == "sts.amazonaws.com"
    assert told["iss"] == f"{server.url}/_local/oidc"
    assert told["exp"] - told["iat"] == 300
    assert claims(server.token())["jti"] != claims(server.token())["jti"]
    configuration = requests.get(f"{told['iss']}/.well-known/openid-configuration", timeout=10).json()
    assert configuration["issuer"] == told["iss"]
    assert requests.get(configuration["jwks_uri"], timeout=10).json()["keys"][0]["alg"] == "RS256"


def test_only_the_runner_gets_tokens(server):
    url = server.local("oidc")["request_url"]
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, headers={"Authorization": "bearer x"}, timeout=10).status_code == 401


def test_a_role_of_aws_is_assumed_as_the_workflow_names_it(server):
    answer = assume(server, server.token(), DurationSeconds=900)
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/github/GitHubActions"
    left = answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert 880 < left <= 900
    client = clients_of(server, answer["Credentials"])
    assert client("sts").get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
    client("s3").put_object(Bucket=BUCKET, Key="by-github", Body=b"x", ExpectedBucketOwner="123456789012")
    assert server.text("by-github") == "x"
    client("iam").create_role(RoleName="made-by-github", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert server.iam.get_role(RoleName="made-by-github")


def test_a_role_that_is_here_must_trust(server):
    provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    condition = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:o/r:*"}}
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    trust = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    role = server.iam.create_role(RoleName="trusting", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    assert assume(server, server.token(sub="repo:o/r:ref:refs/heads/main"), role)["Credentials"]
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        assume(server, server.token(sub="repo:o/other:ref:refs/heads/main"), role)
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(server, server.token(), server.role)


GITHUB = "https://token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda _: "none", "InvalidIdentityToken"),
        (lambda _: "a.b.c", "InvalidIdentityToken"),
        (lambda server: forged(server, sub="repo:o/r"), "InvalidIdentityToken"),
        (lambda server: server.token(audience="elsewhere"), "InvalidIdentityToken"),
        (lambda server: forged(server, iss="https://example.com"), "InvalidIdentityToken"),
        (lambda server: forged(server, iss=GITHUB, exp=time.time() - 1), "ExpiredToken"),
        (lambda server: forged(server, iss=GITHUB, aud="elsewhere"), "InvalidIdentityToken"),
    ],
)
def test_tokens_that_are_refused(server, make, code):
    with pytest.raises(ClientError, match=code):
        assume(server, make(server))


def test_a_token_of_github_s_own_is_taken(server):
    assert assume(server, forged(server, iss=GITHUB))["Credentials"]


@pytest.mark.parametrize("fields", [{"DurationSeconds": 43201}])
def test_how_long_a_session_may_be(server, fields):
    with pytest.raises(ClientError, match="ValidationError"):
        assume(server, server.token(), **fields)


def test_a_session_that_is_over(server):
    request = {"RoleArn": server.role, "RoleSessionName": "short", "DurationSeconds": 900}
    given = server.sts.assume_role(**request)["Credentials"]
    client = clients_of(server, given)
    assert client("s3").list_buckets()["Buckets"]
    # The shortest session lasts 15 minutes: the same refusal is what `expired-credentials` gives.
    server.fault("expired-credentials", principal="arn:aws:sts::*:assumed-role/worker/short")
    with pytest.raises(ClientError, match="ExpiredToken"):
        client("s3").list_buckets()
    with pytest.raises(ClientError, match="ExpiredTokenException"):
        client("sagemaker").list_training_jobs()
    assert server.s3.list_buckets()["Buckets"]
    server.local("faults", "DELETE")
