"""ECR: its API, and the registry behind it as docker sees it."""

import json
import os
import time
import uuid

import pytest
from botocore.exceptions import ClientError
from registry_client import INDEX, LAYER, MANIFEST, RegistryClient, code, digest_of

ACCOUNT = "123456789012"


def test_the_uri_leads_to_this_server(server, repository):
    host = server.url.removeprefix("http://")
    described = server.ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
    assert described["repositoryUri"] == f"{host}/{repository}"
    assert described["repositoryArn"] == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{repository}"
    with pytest.raises(ClientError) as failing:
        server.ecr.create_repository(repositoryName=repository)
    assert code(failing) == "RepositoryAlreadyExistsException"
    deleted = server.ecr.delete_repository(repositoryName=repository)["repository"]
    assert deleted["repositoryUri"] == f"{host}/{repository}"
    with pytest.raises(ClientError) as failing:
        server.ecr.describe_images(repositoryName=repository)
    assert code(failing) == "RepositoryNotFoundException"


def test_push_and_pull(server, registry, repository):
    manifest = registry.image(repository, "one")
    assert registry.put(repository, "v1", manifest).status == 201
    for reference in ("v1", digest_of(manifest)):
        for accept in (MANIFEST, "*/*"):
            got = registry.ask("GET", f"/v2/{repository}/manifests/{reference}", Accept=accept)
            assert (got.body, got.headers["Content-Type"]) == (manifest, MANIFEST)
            assert got.headers["Docker-Content-Digest"] == digest_of(manifest)
        head = registry.ask("HEAD", f"/v2/{repository}/manifests/{reference}")
        assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(manifest)), b"")
    (layer,) = json.loads(manifest)["layers"]
    path = f"/v2/{repository}/blobs/{layer['digest']}"
    assert registry.ask("GET", path).body == b"layer of one" * 1000
    assert registry.ask("HEAD", path).headers["Content-Length"] == str(layer["size"])
    part = registry.ask("GET", path, Range="bytes=6-11")
    assert (part.status, part.body) == (206, b"of one")
    assert (
        registry.ask("GET", f"/v2/{repository}/tags/list").body
        == json.dumps({"name": repository, "tags": ["v1"]}).encode()
    )
    assert registry.ask("GET", f"/v2/{repository}/manifests/v2").error[0] == "MANIFEST_UNKNOWN"
    (detail,) = server.ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert detail.pop("imagePushedAt").timestamp() == pytest.approx(time.time(), abs=20)
    assert detail == {
        "registryId": ACCOUNT,
        "repositoryName": repository,
        "imageDigest": digest_of(manifest),
        "imageTags": ["v1"],
        "imageSizeInBytes": layer["size"] + json.loads(manifest)["config"]["size"],
        "imageManifestMediaType": MANIFEST,
    }
    (image,) = server.ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])["images"]
    assert image["imageManifest"].encode() == manifest
    assert image["imageId"] == {"imageTag": "v1", "imageDigest": digest_of(manifest)}
    assert registry.ask("DELETE", f"/v2/{repository}/manifests/v1").status == 202
    assert server.ecr.list_images(repositoryName=repository)["imageIds"] == [{"imageDigest": digest_of(manifest)}]


def test_a_large_layer_passes_through(registry, repository):
    blob = os.urandom(1 << 20) * 40
    pushed = registry.push_blob(repository, blob, LAYER, chunked=True)
    assert registry.ask("GET", f"/v2/{repository}/blobs/{pushed['digest']}").body == blob


def test_an_index_and_its_images(server, registry, repository):
    manifest = registry.image(repository, "amd64")
    assert registry.put(repository, digest_of(manifest), manifest).status == 201
    child = {"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest)}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]}).encode()
    assert registry.put(repository, "multi", index, INDEX).status == 201
    ids = server.ecr.list_images(repositoryName=repository)["imageIds"]
    assert ids == [{"imageDigest": digest_of(manifest)}, {"imageDigest": digest_of(index), "imageTag": "multi"}]
    told = server.ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "multi"}])["images"][0]
    assert (told["imageManifest"].encode(), told["imageManifestMediaType"]) == (index, INDEX)
    sizes = [each["imageSizeInBytes"] for each in server.ecr.describe_images(repositoryName=repository)["imageDetails"]]
    assert sizes[0] == sizes[1]
    kept = server.ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digest_of(manifest)}])
    assert kept["failures"][0]["failureCode"] == "ImageReferencedByManifestList"


@pytest.mark.parametrize(
    ("kind", "change", "status", "error"),
    [
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", {}, 400, "MANIFEST_INVALID"),
        (MANIFEST, {"layers": None}, 400, "MANIFEST_INVALID"),
        (
            MANIFEST,
            {"layers": [{"mediaType": LAYER, "digest": f"sha256:{'0' * 64}", "size": 1}]},
            404,
            "MANIFEST_BLOB_UNKNOWN",
        ),
    ],
)
def test_what_is_no_manifest(registry, repository, kind, change, status, error):
    manifest = json.dumps({**json.loads(registry.image(repository, "x")), **change}).encode()
    answer = registry.put(repository, "x", manifest, kind)
    assert (answer.status, answer.error[0]) == (status, error)
    assert registry.put(repository, f"sha256:{'1' * 64}", registry.image(repository, "y")).error[0] == "DIGEST_INVALID"


def test_a_repository_that_is_not_there(server, registry):
    answer = registry.ask("POST", "/v2/not/there/blobs/uploads/", b"")
    text = f"The repository with name 'not/there' does not exist in the registry with id '{ACCOUNT}'"
    assert (answer.status, answer.error) == (404, ("NAME_UNKNOWN", text))
    with pytest.raises(ClientError) as failing:
        server.ecr.batch_get_image(repositoryName="some", registryId="763104351884", imageIds=[{"imageTag": "1"}])
    assert code(failing) == "RepositoryNotFoundException"


def test_tags_move_and_images_go(server, registry, repository):
    ecr = server.ecr
    one, two = registry.push(repository, "latest", "one"), registry.push(repository, "latest", "two")
    assert ecr.list_images(repositoryName=repository)["imageIds"] == [
        {"imageDigest": one},
        {"imageDigest": two, "imageTag": "latest"},
    ]
    untagged = ecr.describe_images(repositoryName=repository, filter={"tagStatus": "UNTAGGED"})["imageDetails"]
    assert [each["imageDigest"] for each in untagged] == [one]
    assert "imageTags" not in untagged[0]
    image = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": one}])["images"][0]
    again = {"repositoryName": repository, "imageManifest": image["imageManifest"], "imageTag": "old"}
    assert ecr.put_image(**again)["image"]["imageId"] == {"imageDigest": one, "imageTag": "old"}
    assert registry.ask("GET", f"/v2/{repository}/manifests/old").headers["Docker-Content-Digest"] == one
    with pytest.raises(ClientError) as failing:
        ecr.put_image(**again)
    assert code(failing) == "ImageAlreadyExistsException"
    with pytest.raises(ClientError) as failing:
        ecr.put_image(**{**again, "imageManifest": image["imageManifest"].replace("layer", "Layer")})
    assert code(failing) == "InvalidParameterException"
    assert ecr.put_image(**{**again, "imageTag": "older"})
    gone = ecr.batch_delete_image(
        repositoryName=repository, imageIds=[{"imageTag": "old"}, {"imageDigest": two}, {"imageTag": "x"}, {}]
    )
    assert gone["imageIds"] == [
        {"imageDigest": one, "imageTag": "old"},
        {"imageDigest": two, "imageTag": "latest"},
    ]
    assert [each["failureCode"] for each in gone["failures"]] == ["ImageNotFound", "MissingDigestAndTag"]
    assert registry.ask("HEAD", f"/v2/{repository}/manifests/{one}").status == 200
    assert registry.ask("HEAD", f"/v2/{repository}/manifests/{two}").status == 404
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "older"}])
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []
    with pytest.raises(ClientError) as failing:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "older"}])
    assert code(failing) == "ImageNotFoundException"


def test_pages(server, registry, repository):
    digests = [registry.push(repository, f"v{number}", str(number)) for number in range(3)]
    pages = server.ecr.get_paginator("describe_images").paginate(
        repositoryName=repository, PaginationConfig={"PageSize": 2}
    )
    found = [[each["imageDigest"] for each in page["imageDetails"]] for page in pages]
    assert found == [digests[:2], digests[2:]]


@pytest.mark.parametrize(("mutability", "tag"), [("IMMUTABLE", "v1"), ("MUTABLE_WITH_EXCLUSION", "v*")])
def test_a_tag_that_stays_what_it_is(server, registry, mutability, tag):
    name = f"repo-{uuid.uuid4().hex[:8]}"
    filters = [{"filterType": "WILDCARD", "filter": tag}]
    further = {"imageTagMutabilityExclusionFilters": filters} if "EXCLUSION" in mutability else {}
    server.ecr.create_repository(repositoryName=name, imageTagMutability=mutability, **further)
    manifest = registry.image(name, "one")
    assert [registry.put(name, "v1", manifest).status for _ in range(2)] == [201, 201]
    answer = registry.put(name, "v1", registry.image(name, "two"))
    text = (
        f"The image tag 'v1' already exists in the '{name}' repository and cannot be overwritten because the tag is "
        "immutable."
    )
    assert (answer.status, answer.error) == (400, ("TAG_INVALID", text))
    other = registry.push(name, "w", "three")
    image = server.ecr.batch_get_image(repositoryName=name, imageIds=[{"imageDigest": other}])["images"][0]
    with pytest.raises(ClientError) as failing:
        server.ecr.put_image(repositoryName=name, imageManifest=image["imageManifest"], imageTag="v1")
    assert code(failing) == "ImageTagAlreadyExistsException"


def test_a_repository_with_images_is_not_deleted(server, registry, repository):
    registry.push(repository, "1", "x")
    with pytest.raises(ClientError) as failing:
        server.ecr.delete_repository(repositoryName=repository)
    assert code(failing) == "RepositoryNotEmptyException"
    server.ecr.delete_repository(repositoryName=repository, force=True)
    server.ecr.create_repository(repositoryName=repository)
    assert server.ecr.list_images(repositoryName=repository)["imageIds"] == []
    assert registry.ask("GET", f"/v2/{repository}/manifests/1").status == 404


def test_repositories_keep_what_they_are_told(server, repository):
    ecr = server.ecr
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1},
    }
    text = json.dumps({"rules": [{**rule, "action": {"type": "expire"}}]})
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=text)
    assert ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"] == text
    scan = {"scanOnPush": True}
    ecr.put_image_scanning_configuration(repositoryName=repository, imageScanningConfiguration=scan)
    (described,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert described["imageScanningConfiguration"] == scan
    ecr.tag_resource(resourceArn=described["repositoryArn"], tags=[{"Key": "a", "Value": "b"}])
    assert ecr.list_tags_for_resource(resourceArn=described["repositoryArn"])["tags"] == [{"Key": "a", "Value": "b"}]


def test_regions_are_apart(server, repository, registry):
    there = server.client("ecr", region_name="eu-west-1")
    there.create_repository(repositoryName=repository)
    other = RegistryClient(server, there)
    here = registry.push(repository, "1", "here")
    layer = json.loads(registry.ask("GET", f"/v2/{repository}/manifests/1").body)["layers"][0]["digest"]
    assert registry.ask("HEAD", f"/v2/{repository}/blobs/{layer}").status == 200
    assert other.ask("HEAD", f"/v2/{repository}/blobs/{layer}").status == 404
    assert other.ask("GET", f"/v2/{repository}/manifests/1").status == 404
    assert other.push(repository, "1", "there") != here
    assert [each["imageDigest"] for each in server.ecr.list_images(repositoryName=repository)["imageIds"]] == [here]
