"""Who gets into ECR's registry, and that it is nobody's but the server's."""

import json
import signal
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import wait_for
from registry_client import RegistryClient

ACCOUNT = "123456789012"


def as_user(server, name, *statements):
    """Clients' credentials of a user who may do only this."""
    server.iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    server.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    key = server.iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_the_token(server):
    (data,) = server.ecr.get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == server.url
    assert 11.9 * 3600 < data["expiresAt"].timestamp() - time.time() <= 12 * 3600
    other = server.ecr.get_authorization_token(registryIds=["763104351884"])["authorizationData"]
    assert other[0]["proxyEndpoint"] == server.url
    assert other[0]["authorizationToken"] != data["authorizationToken"]


@pytest.mark.parametrize("token", ["", "QVdTOndyb25n", "no base64"])
def test_nobody_gets_in_without_a_token(server, registry, repository, token):
    registry.token = token
    for path in ("/v2/", f"/v2/{repository}/manifests/1"):
        answer = registry.ask("GET", path)
        assert answer.status == 401
        assert answer.headers["Www-Authenticate"].startswith(f'Basic realm="{server.url}/"')
    registry.token = RegistryClient(server).token
    assert registry.ask("GET", "/v2/").status == 200


def test_a_token_whose_time_is_over(faulty):
    faulty.ecr.create_repository(repositoryName="late")
    faulty.fault("short-token", seconds=5)
    registry = RegistryClient(faulty)
    registry.push("late", "1", "in time")
    wait_for(lambda: registry.ask("GET", "/v2/").status != 200, 20, "the token's end")
    answer = registry.ask("POST", "/v2/late/blobs/uploads/", b"")
    text = "Your authorization token has expired. Reauthenticate and try again."
    assert (answer.status, answer.error) == (403, ("DENIED", text))


def test_faults_reach_docker(faulty):
    faulty.ecr.create_repository(repositoryName="faults")
    registry = RegistryClient(faulty)
    faulty.fault("expired-credentials", operation="ecr:InitiateLayerUpload", times=1)
    assert registry.ask("POST", "/v2/faults/blobs/uploads/", b"").error[1].startswith("Your authorization token has")
    faulty.fault("throttle", operation="ecr:*", times=1)
    assert registry.ask("GET", "/v2/").status == 429
    faulty.fault("deny", action="ecr:PutImage")
    manifest = registry.image("faults", "x")
    answer = registry.put("faults", "1", manifest)
    assert (answer.status, answer.error[0]) == (403, "DENIED")
    assert "is not authorized to perform: ecr:PutImage" in answer.error[1]


def test_policies_bind_docker(start):
    server = start("--enforce-iam")
    allowed = {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"}
    pulls = {
        "Effect": "Allow",
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
        "Resource": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shared",
    }
    server.ecr.create_repository(repositoryName="shared")
    RegistryClient(server).push("shared", "1", "x")
    puller = RegistryClient(server, server.client("ecr", **as_user(server, "puller", allowed, pulls)))
    manifest = puller.ask("GET", "/v2/shared/manifests/1")
    layer = json.loads(manifest.body)["layers"][0]["digest"]
    assert puller.ask("GET", f"/v2/shared/blobs/{layer}").status == 200
    answer = puller.ask("POST", "/v2/shared/blobs/uploads/", b"")
    text = (
        f"User: arn:aws:iam::{ACCOUNT}:user/puller is not authorized to perform: ecr:InitiateLayerUpload on resource: "
        f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shared because no identity-based policy allows the "
        "ecr:InitiateLayerUpload action"
    )
    assert (answer.status, answer.error) == (403, ("DENIED", text))
    stranger = server.client("ecr", **as_user(server, "stranger", pulls))
    with pytest.raises(ClientError, match="ecr:GetAuthorizationToken on resource: \\* because"):
        stranger.get_authorization_token()


def test_docker_is_in_the_log(server, repository):
    registry = RegistryClient(server)
    server.local("requests", "DELETE")
    registry.push(repository, "1", "x")
    registry.ask("GET", f"/v2/{repository}/manifests/2")
    arn = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{repository}"
    logged = [(each["operation"], each["action"], each["resource"]) for each in server.local("requests")]
    upload = ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"]
    operations = [*upload, *upload, "PutImage", "BatchGetImage"]
    assert logged == [(operation, f"ecr:{operation}", arn) for operation in operations]
    last = server.local("requests")[-1]
    assert (last["status"], last["error"], last["service"]) == (404, "MANIFEST_UNKNOWN", "ecr")


def test_the_images_end_with_the_server(start):
    server = start()
    server.ecr.create_repository(repositoryName="some")
    registry = RegistryClient(server)
    registry.push("some", "1", "x")
    unfinished = registry.ask("POST", "/v2/some/blobs/uploads/", b"").headers["Location"]
    assert registry.ask("PATCH", unfinished, b"never finished").status == 202
    folder = server.data / "registry"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in folder.iterdir()) == sorted(["sha256", unfinished.rpartition("/")[2]])
    assert server.end()[0] == 0
    assert [path.name for path in server.data.iterdir()] == ["requests.jsonl"]


def test_what_a_killed_server_left_is_gone_after_the_next_start(start):
    server = start()
    server.ecr.create_repository(repositoryName="some")
    RegistryClient(server).push("some", "1", "x")
    server.end(signal.SIGKILL)
    assert list((server.data / "registry").iterdir())
    start(data=server.data)
    assert list((server.data / "registry").iterdir()) == []
    assert (server.data / "registry").stat().st_mode & 0o777 == 0o700


def test_all_of_it_works_where_there_is_no_program(start, tmp_path):
    server = start(
        "--isolation", "none", "--containers", "auto", environment={"PATH": str(tmp_path), "DOCKER_HOST": ""}
    )
    server.ecr.create_repository(repositoryName="some")
    registry = RegistryClient(server)
    digest = registry.push("some", "1", "x")
    assert registry.ask("GET", "/v2/some/manifests/1").headers["Docker-Content-Digest"] == digest
    layer = json.loads(registry.ask("GET", "/v2/some/manifests/1").body)["layers"][0]["digest"]
    assert registry.ask("GET", f"/v2/some/blobs/{layer}").body == b"layer of x" * 1000
    assert server.ecr.list_images(repositoryName="some")["imageIds"] == [{"imageDigest": digest, "imageTag": "1"}]
    link = server.ecr.get_download_url_for_layer(repositoryName="some", layerDigest=layer)["downloadUrl"]
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"layer of x" * 1000
    of_aws = {"registryId": "763104351884", "repositoryName": "pytorch-training"}
    image = server.ecr.batch_get_image(**of_aws, imageIds=[{"imageTag": "2.8.0-cpu-py312"}])["images"][0]
    assert image["imageId"]["imageDigest"].startswith("sha256:")
