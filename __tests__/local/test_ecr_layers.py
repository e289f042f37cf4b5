"""ECR's own operations on layers."""

import hashlib
import json
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError
from conftest import wait_for
from registry_client import CONFIG, LAYER, MANIFEST, RegistryClient, code, digest_of

ACCOUNT = "123456789012"
FIVE = 5 << 20


def fails(operation, **given):
    """The error of an operation that must fail."""
    with pytest.raises(ClientError) as failing:
        operation(**given)
    return failing.value.response


def send(ecr, name, *parts):
    """The id of an upload with these parts."""
    number, first = ecr.initiate_layer_upload(repositoryName=name)["uploadId"], 0
    for part in parts:
        span = {"partFirstByte": first, "partLastByte": first + len(part) - 1}
        told = ecr.upload_layer_part(repositoryName=name, uploadId=number, layerPartBlob=part, **span)
        assert told["lastByteReceived"] == span["partLastByte"]
        assert (told["repositoryName"], told["registryId"], told["uploadId"]) == (name, ACCOUNT, number)
        first += len(part)
    return number


def test_an_image_is_pushed_and_pulled_without_docker(server, registry, repository):
    ecr = server.ecr
    layer = uuid.uuid4().bytes * (FIVE // 16 + 1)
    config = json.dumps({"architecture": "amd64", "os": "linux", "of": repository}).encode()
    started = ecr.initiate_layer_upload(repositoryName=repository)
    assert started["partSize"] >= FIVE
    described = []
    for content, parts, kind in ((layer, [layer[:FIVE], layer[FIVE:]], LAYER), (config, [config], CONFIG)):
        number = send(ecr, repository, *parts)
        ended = ecr.complete_layer_upload(repositoryName=repository, uploadId=number, layerDigests=[digest_of(content)])
        assert (ended["layerDigest"], ended["uploadId"]) == (digest_of(content), number)
        described.append({"mediaType": kind, "digest": digest_of(content), "size": len(content)})
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[1], "layers": [described[0]]}
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag="1")
    assert registry.ask("GET", f"/v2/{repository}/manifests/1").body == json.dumps(manifest).encode()
    assert registry.ask("GET", f"/v2/{repository}/blobs/{digest_of(layer)}").body == layer
    link = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digest_of(layer))["downloadUrl"]
    with urllib.request.urlopen(link) as answer:
        assert hashlib.sha256(answer.read()).hexdigest() == digest_of(layer).partition(":")[2]


def test_which_layers_are_there(server, registry, repository):
    there = registry.push_blob(repository, b"there", LAYER)["digest"]
    absent = f"sha256:{'0' * 64}"
    told = server.ecr.batch_check_layer_availability(
        repositoryName=repository, layerDigests=[there, absent, "x", "sha256:../x", ""]
    )
    assert told["layers"] == [
        {"layerDigest": there, "layerAvailability": "AVAILABLE", "layerSize": 5},
        {"layerDigest": absent, "layerAvailability": "UNAVAILABLE"},
    ]
    codes = [(each.get("layerDigest"), each["failureCode"]) for each in told["failures"]]
    invalid = "InvalidLayerDigest"
    assert codes == [("x", invalid), ("sha256:../x", invalid), (None, "MissingLayerDigest")]
    other = f"{repository}-2"
    server.ecr.create_repository(repositoryName=other)
    told = server.ecr.batch_check_layer_availability(repositoryName=other, layerDigests=[there])
    assert told["layers"] == [{"layerDigest": there, "layerAvailability": "UNAVAILABLE"}]
    error = fails(server.ecr.get_download_url_for_layer, repositoryName=other, layerDigest=there)
    assert error["Error"]["Code"] == "LayersNotFoundException"


def test_parts_come_in_order_and_are_large(server, repository):
    ecr, small = server.ecr, b"small"
    number = send(ecr, repository, small)
    upload = {"repositoryName": repository, "uploadId": number}
    for part, first, last in ((b"later", 10, 14), (small, 0, 4), (b"longer", 5, 9), (b"shorter", 5, 20)):
        error = fails(ecr.upload_layer_part, **upload, layerPartBlob=part, partFirstByte=first, partLastByte=last)
        assert error["Error"]["Code"] == "InvalidLayerPartException"
        assert error["lastValidByteReceived"] == 4
        assert (error["uploadId"], error["repositoryName"], error["registryId"]) == (number, repository, ACCOUNT)
    part = b"x" * 20_971_521
    error = fails(ecr.upload_layer_part, **upload, layerPartBlob=part, partFirstByte=5, partLastByte=20_971_525)
    assert error["Error"]["Code"] == "InvalidParameterException"
    ecr.upload_layer_part(**upload, layerPartBlob=b"last", partFirstByte=5, partLastByte=8)
    error = fails(ecr.complete_layer_upload, **upload, layerDigests=[digest_of(b"smalllast")])
    assert error["Error"]["Code"] == "LayerPartTooSmallException"


def test_uploads_that_do_not_become_layers(server, repository):
    ecr = server.ecr
    empty = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    digest = digest_of(b"layer")
    ended = {"repositoryName": repository, "layerDigests": [digest]}
    assert fails(ecr.complete_layer_upload, **ended, uploadId=empty)["Error"]["Code"] == "EmptyUploadException"
    wrong = send(ecr, repository, b"other")
    assert fails(ecr.complete_layer_upload, **ended, uploadId=wrong)["Error"]["Code"] == "InvalidLayerException"
    for number in (wrong, str(uuid.uuid4())):
        assert fails(ecr.complete_layer_upload, **ended, uploadId=number)["Error"]["Code"] == "UploadNotFoundException"
    ecr.complete_layer_upload(**ended, uploadId=send(ecr, repository, b"layer"))
    again = send(ecr, repository, b"layer")
    assert fails(ecr.complete_layer_upload, **ended, uploadId=again)["Error"]["Code"] == "LayerAlreadyExistsException"
    other = f"{repository}-2"
    ecr.create_repository(repositoryName=other)
    number = send(ecr, repository, b"mine")
    error = fails(ecr.complete_layer_upload, repositoryName=other, uploadId=number, layerDigests=[digest_of(b"mine")])
    assert error["Error"]["Code"] == "UploadNotFoundException"
    with pytest.raises(ClientError) as failing:
        ecr.initiate_layer_upload(repositoryName="not/there")
    assert code(failing) == "RepositoryNotFoundException"


def status(url, method="GET"):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_link_opens_one_layer_for_a_while(faulty):
    faulty.ecr.create_repository(repositoryName="links")
    registry = RegistryClient(faulty)
    digests = [registry.push_blob("links", text, LAYER)["digest"] for text in (b"one", b"two")]
    ask = faulty.ecr.get_download_url_for_layer
    link = ask(repositoryName="links", layerDigest=digests[0])["downloadUrl"]
    assert (status(link), status(link, "HEAD")) == (200, 200)
    assert status(link.replace(digests[0], digests[1])) == 401
    assert status(link.replace(f"/blobs/{digests[0]}", "/tags/list")) == 401
    assert status(link, "DELETE") == 401
    # Not the last character: two of its bits mean nothing in base64.
    assert status(link[:-2] + ("A" if link[-2] != "A" else "B") + link[-1]) == 401
    assert status(link.partition("?")[0]) == 401
    faulty.fault("short-token", seconds=4)
    link = ask(repositoryName="links", layerDigest=digests[0])["downloadUrl"]
    assert status(link) == 200
    wait_for(lambda: status(link) != 200, 20, "the link's end")
    assert status(link) == 403
