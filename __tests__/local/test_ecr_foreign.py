"""Images of other accounts, as AWS's pre-built ones: there is nothing to pull, and each has an identity."""

import pytest
from botocore.exceptions import ClientError
from registry_client import code

AWS = "763104351884"
NOWHERE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


def ask(ecr, account, name, *ids):
    return ecr.batch_get_image(registryId=account, repositoryName=name, imageIds=list(ids))


def digest(server, name, tag, account=AWS, region="us-east-1"):
    (image,) = ask(server.client("ecr", region_name=region), account, name, {"imageTag": tag})["images"]
    assert (image["registryId"], image["repositoryName"]) == (account, name)
    assert image["imageId"] == {"imageTag": tag, "imageDigest": image["imageId"]["imageDigest"]}
    return image["imageId"]["imageDigest"]


def test_an_image_of_aws_has_the_same_identity_for_ever(server):
    told = digest(server, "pytorch-training", "2.8.0-cpu-py312")
    assert told == "sha256:388bee6af96399d2626a61f9eda25e616b4ab312e6d3f85737106d01d96e5c9e"
    others = [
        digest(server, "pytorch-training", "2.8.0-gpu-py312"),
        digest(server, "tensorflow-training", "2.8.0-cpu-py312"),
        digest(server, "pytorch-training", "2.8.0-cpu-py312", region="eu-west-1"),
        digest(server, "pytorch-training", "2.8.0-cpu-py312", "727897471807", "cn-north-1"),
        digest(server, "sagemaker-scikit-learn", "1.4-2-cpu-py3", "683313688378"),
    ]
    assert len({told, *others}) == 6


def test_by_tag_and_digest(server):
    told = digest(server, "pytorch-training", "1")
    answer = ask(
        server.ecr,
        AWS,
        "pytorch-training",
        {"imageTag": "1", "imageDigest": told},
        {"imageTag": "2", "imageDigest": told},
        {"imageDigest": told},
        {},
    )
    assert [each["imageId"]["imageTag"] for each in answer["images"]] == ["1"]
    codes = [each["failureCode"] for each in answer["failures"]]
    assert codes == ["ImageTagDoesNotMatchDigest", "ImageNotFound", "MissingDigestAndTag"]


@pytest.mark.parametrize(
    ("account", "name"),
    [
        (AWS, "pytorch-trainin"),
        (AWS, "sagemaker-scikit-learn"),  # of another of AWS's accounts
        ("727897471807", "pytorch-training"),  # of another region
        ("111111111111", "pytorch-training"),
    ],
)
def test_what_nobody_has(server, account, name):
    with pytest.raises(ClientError) as failing:
        ask(server.ecr, account, name, {"imageTag": "1"})
    assert code(failing) == "RepositoryNotFoundException"


def test_a_named_image_has_an_identity_without_an_engine(start):
    uri = "111111111111.dkr.ecr.us-east-1.amazonaws.com/base"
    server = start("--images", f"{uri}:1=local", "--images", f"{uri}=local", environment=NOWHERE)
    assert digest(server, "base", "1", "111111111111") != digest(server, "base", "latest", "111111111111")
    answer = ask(server.ecr, "111111111111", "base", {"imageTag": "2"})
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"
