"""One request that deletes many objects is judged by each of their keys."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import BUCKET

KEYS = ["own/a & b", "own/<c>", "own/ä"]


@pytest.fixture(scope="module")
def server(start):
    return start("--enforce-iam")


@pytest.fixture(scope="module")
def client(server):
    server.iam.create_user(UserName="own")
    allowed = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{BUCKET}/own/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    server.iam.put_user_policy(UserName="own", PolicyName="p", PolicyDocument=document)
    key = server.iam.create_access_key(UserName="own")["AccessKey"]
    return server.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def delete(client, keys):
    client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})


def test_all_keys_must_be_allowed(server, client):
    for key in [*KEYS, "other/d"]:
        server.put(key, "x")
    with pytest.raises(ClientError, match="AccessDenied"):
        delete(client, [*KEYS, "other/d"])
    assert server.keys("own/") == sorted(KEYS)
    delete(client, KEYS)
    assert server.keys("own/") == []
    assert server.keys("other/") == ["other/d"]
