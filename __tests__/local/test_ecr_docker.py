"""The user's docker and ECR: login, push, pull; jobs of images that are there, and what SageMaker refuses of them."""

import io
import json
import tarfile
import uuid

import pytest
from botocore.exceptions import ClientError
from engine import BASE
from registry_client import CONFIG, LAYER, MANIFEST, RegistryClient, digest_of

ACCOUNT = "123456789012"
PULLING = "ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"


@pytest.fixture
def server(contained):
    pulls = {"Effect": "Allow", "Action": PULLING.split(", "), "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [pulls]}
    contained.iam.put_role_policy(RoleName="worker", PolicyName="pull", PolicyDocument=json.dumps(policy))
    yield contained
    contained.local("faults", "DELETE")


@pytest.fixture
def pushed(server, engine):
    """The URI of a new image in ECR that the engine has no more."""
    name = f"images/{uuid.uuid4().hex[:8]}"
    uri = server.ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"] + ":v1"
    image = engine.image('ENTRYPOINT ["sh", "-c", "cat /mark; echo $0"]', script=f"echo {name} > /mark")
    engine.login(server)
    engine.run("tag", image, uri)
    engine.run("push", uri)
    engine.run("rmi", "--force", uri, image)
    yield uri
    engine.ask("rmi", "--force", uri)


def of_image(server, image, **options):
    request = server.request(**options)
    del request["AlgorithmSpecification"]["ContainerEntrypoint"]
    request["AlgorithmSpecification"]["TrainingImage"] = image
    return request


def refused(server, request):
    with pytest.raises(ClientError) as failing:
        server.sagemaker.create_training_job(**request)
    error = failing.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return error["Message"]


def name_of(uri):
    return uri.partition("/")[2].rpartition(":")[0]


def test_docker_pulls_what_it_pushed(server, engine, pushed):
    (image,) = server.ecr.describe_images(repositoryName=name_of(pushed))["imageDetails"]
    assert image["imageTags"] == ["v1"]
    engine.run("pull", pushed)
    digests = json.loads(engine.run("image", "inspect", "--format", "{{json .RepoDigests}}", pushed))
    assert f"{pushed.rpartition(':')[0]}@{image['imageDigest']}" in digests
    engine.run("rmi", "--force", pushed)
    engine.run("pull", f"{pushed.rpartition(':')[0]}@{image['imageDigest']}")


def test_docker_is_refused(server, engine, pushed):
    host = pushed.partition("/")[0]
    engine.run("tag", BASE, f"{host}/no/such:1")
    text = f"The repository with name 'no/such' does not exist in the registry with id '{ACCOUNT}'"
    assert f"name unknown: {text}" in engine.ask("push", f"{host}/no/such:1").stderr
    server.ecr.put_image_tag_mutability(repositoryName=name_of(pushed), imageTagMutability="IMMUTABLE")
    engine.run("tag", BASE, pushed)
    assert "cannot be overwritten because the tag is immutable" in engine.ask("push", pushed).stderr
    server.fault("deny", action="ecr:InitiateLayerUpload")
    other = engine.image(script="echo other > /other")
    engine.run("tag", other, f"{pushed}-2")
    assert "is not authorized to perform: ecr:InitiateLayerUpload" in engine.ask("push", f"{pushed}-2").stderr
    server.local("faults", "DELETE")
    server.fault("short-token", seconds=0)
    engine.ask("logout", host)
    (data,) = server.ecr.get_authorization_token()["authorizationData"]
    auths = {"auths": {host: {"auth": data["authorizationToken"]}}}
    (engine.folder / "config.json").write_text(json.dumps(auths))
    told = engine.ask("push", f"{pushed}-2").stderr
    assert "denied: Your authorization token has expired. Reauthenticate and try again." in told
    (engine.folder / "config.json").unlink()
    assert "no basic auth credentials" in engine.ask("push", f"{pushed}-2").stderr
    engine.run("rmi", "--force", f"{host}/no/such:1", f"{pushed}-2")


def test_a_job_pulls_its_image_as_its_role(server, engine, pushed):
    engine.ask("logout", pushed.partition("/")[0])
    server.local("requests", "DELETE")
    request = of_image(server, pushed)
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"], 60)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert server.lines(job["TrainingJobName"]) == [name_of(pushed), "train"]
    pulls = [
        each for each in server.local("requests") if each["operation"] == "BatchGetImage" and each["status"] == 200
    ]
    assert {each["principal"] for each in pulls} == {f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/SageMaker"}
    engine.run("tag", BASE, pushed)  # what the engine has by that name is not what the registry has
    request = of_image(server, pushed)
    server.sagemaker.create_training_job(**request)
    assert server.lines(server.ended(request["TrainingJobName"], 60)["TrainingJobName"])[0] == name_of(pushed)


def test_what_is_refused_when_a_job_is_created(server, pushed):
    host = pushed.partition("/")[0]
    missing = (
        f"Cannot find repository: {{}} in registry ID: {ACCOUNT} Please check if your ECR repository exists and role "
        f"{{}} has proper pull permissions for SageMaker: {PULLING}"
    )
    assert refused(server, of_image(server, f"{host}/not/there:1")) == missing.format("not/there", server.role)
    assert refused(server, of_image(server, f"{pushed}-2")) == "Requested image URI not found."
    role = server.make_role(f"no-pull-{uuid.uuid4().hex[:6]}", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    assert refused(server, of_image(server, pushed, RoleArn=role)) == missing.format(name_of(pushed), role)
    assert refused(server, of_image(server, pushed.rpartition(":")[0])) == "Requested image URI not found."  # latest


def test_a_pull_that_fails_fails_the_job(server, pushed):
    server.fault("deny", action="ecr:GetDownloadUrlForLayer")
    request = of_image(server, pushed)
    server.sagemaker.create_training_job(**request)
    reason = server.ended(request["TrainingJobName"], 60)["FailureReason"]
    assert reason.startswith("ClientError: Cannot pull algorithm container. Either the image does not exist or its")
    assert "ecr:GetDownloadUrlForLayer" in reason


def elf_of_arm64():
    """What the kernel of another machine refuses to run."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00\x01\x00\x00\x00" + bytes(4096)


def test_an_image_of_another_architecture(server, engine):
    if engine.run("version", "--format", "{{.Server.Arch}}") != "amd64":
        pytest.skip("the engine is of another architecture itself")
    name = f"arm-{uuid.uuid4().hex[:8]}"
    server.ecr.create_repository(repositoryName=name)
    registry = RegistryClient(server)
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        member = tarfile.TarInfo("program")
        member.mode, member.size = 0o755, len(elf_of_arm64())
        tar.addfile(member, io.BytesIO(elf_of_arm64()))
    config = {
        "architecture": "arm64",
        "os": "linux",
        "config": {"Entrypoint": ["/program"]},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer.getvalue())]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": registry.push_blob(name, json.dumps(config).encode(), CONFIG),
        "layers": [registry.push_blob(name, layer.getvalue(), LAYER.removesuffix("+gzip"))],
    }
    assert registry.put(name, "1", json.dumps(manifest).encode()).status == 201
    uri = f"{server.url.removeprefix('http://')}/{name}:1"
    request = of_image(server, uri)
    server.sagemaker.create_training_job(**request)
    reason = server.ended(request["TrainingJobName"], 60)["FailureReason"]
    assert "exec format error: the image is built for arm64, and the Docker engine runs on amd64" in reason
    engine.run("rmi", "--force", uri)


def test_a_local_image_has_the_identity_of_one_of_another_account(start, engine):
    uri = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/base-{uuid.uuid4().hex[:8]}:1.0-cpu"
    flags = ("--containers", "auto", "--images", f"{uri}={BASE}")
    server = start(*flags, environment=engine.environment)
    try:
        name, _, tag = uri.partition("/")[2].partition(":")
        asked = {"registryId": "763104351884", "repositoryName": name}
        answer = server.ecr.batch_get_image(**asked, imageIds=[{"imageTag": tag}, {"imageTag": "other"}])
        (image,) = answer["images"]
        assert image["imageId"] == {
            "imageTag": tag,
            "imageDigest": engine.run("image", "inspect", "--format", "{{.Id}}", BASE),
        }
        assert answer["failures"][0]["failureCode"] == "ImageNotFound"
        request = of_image(server, uri)
        request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["echo", "by that name"]
        server.sagemaker.create_training_job(**request)
        job = server.ended(request["TrainingJobName"], 60)
        assert server.lines(job["TrainingJobName"]) == ["by that name"]
    finally:
        engine.run("rmi", uri)
