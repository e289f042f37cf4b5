"""The registry's protocol for blobs: uploads in parts, mounts, ranges, many at once; and names that are none."""

import threading
import uuid
from hashlib import sha512

import pytest
from registry_client import LAYER, RegistryClient, digest_of
from test_ecr_access import as_user

ACCOUNT = "123456789012"
ABSENT = f"sha256:{'0' * 64}"


def begin(registry, name, query="", body=b""):
    return registry.ask("POST", f"/v2/{name}/blobs/uploads/{query}", body)


@pytest.fixture
def other(server):
    name = f"other/repo-{uuid.uuid4().hex[:8]}"
    server.ecr.create_repository(repositoryName=name)
    return name


def test_a_push_in_one_piece(registry, repository):
    blob = b"one piece"
    answer = begin(registry, repository, f"?digest={digest_of(blob)}", blob)
    assert (answer.status, answer.headers["Location"]) == (201, f"/v2/{repository}/blobs/{digest_of(blob)}")
    assert registry.ask("GET", answer.headers["Location"]).body == blob
    place = begin(registry, repository).headers["Location"]
    large = f"sha512:{sha512(blob).hexdigest()}"
    assert registry.ask("PUT", f"{place}?digest={large}", blob).status == 201
    assert registry.ask("GET", f"/v2/{repository}/blobs/{large}").body == blob


def test_chunks_come_in_order(registry, repository):
    blob = bytes(range(100))
    started = begin(registry, repository)
    place = started.headers["Location"]
    assert (started.status, started.headers["Range"]) == (202, "0-0")
    assert registry.ask("PATCH", place, blob[:40], Content_Range="0-39").headers["Range"] == "0-39"
    for body, span in ((blob[60:], "60-99"), (blob[:40], "0-39"), (blob[39:], "39-99"), (blob[40:], "bytes 40-99/*")):
        refused = registry.ask("PATCH", place, body, Content_Range=span)
        assert (refused.status, refused.error[0]) == (416, "BLOB_UPLOAD_INVALID")
    wrong = registry.ask("PATCH", place, blob[40:50], Content_Range="40-99")
    assert (wrong.status, wrong.error[0]) == (400, "SIZE_INVALID")
    wrong = registry.ask("PATCH", place, iter([blob[40:50]]), Content_Range="40-99")  # in chunks, of no told length
    assert (wrong.status, wrong.error[0]) == (416, "BLOB_UPLOAD_INVALID")
    state = registry.ask("GET", place)
    assert (state.status, state.headers["Range"], state.headers["Location"]) == (204, "0-39", place)
    assert registry.ask("PUT", f"{place}?digest={digest_of(blob)}", blob[60:], Content_Range="60-99").status == 416
    assert registry.ask("PUT", f"{place}?digest={digest_of(blob)}", blob[40:], Content_Range="40-99").status == 201
    assert registry.ask("GET", f"/v2/{repository}/blobs/{digest_of(blob)}").body == blob
    gone = registry.ask("GET", place)
    assert (gone.status, gone.error[0]) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_wrong_digest_ends_an_upload(server, registry, repository):
    files = set((server.data / "registry").iterdir())
    place = begin(registry, repository).headers["Location"]
    for query in ("", "?digest=", "?digest=sha256:abc", "?digest=md5:0123", f"?digest=sha256:{'A' * 64}"):
        assert registry.ask("PUT", f"{place}{query}", b"").error[0] == "DIGEST_INVALID"
    assert registry.ask("GET", place).status == 204
    wrong = registry.ask("PUT", f"{place}?digest={ABSENT}", b"other")
    assert (wrong.status, wrong.error[0]) == (400, "DIGEST_INVALID")
    assert registry.ask("GET", place).status == 404
    assert begin(registry, repository, f"?digest={ABSENT}", b"other").error[0] == "DIGEST_INVALID"
    assert registry.ask("HEAD", f"/v2/{repository}/blobs/{ABSENT}").status == 404
    cancelled = begin(registry, repository).headers["Location"]
    assert registry.ask("DELETE", cancelled).status == 204
    assert registry.ask("PATCH", cancelled, b"late").error[0] == "BLOB_UPLOAD_UNKNOWN"
    assert set((server.data / "registry").iterdir()) == files


def test_an_upload_is_one_repositorys(registry, repository, other):
    number = begin(registry, repository).headers["Docker-Upload-UUID"]
    for method in ("GET", "PATCH", "DELETE"):
        assert registry.ask(method, f"/v2/{other}/blobs/uploads/{number}", b"").error[0] == "BLOB_UPLOAD_UNKNOWN"


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=7-99", 206, b"789", "bytes 7-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=99-100", 416, None, "bytes */10"),
        ("bytes=5-2", 416, None, "bytes */10"),
    ],
)
def test_ranges(registry, repository, asked, status, body, told):
    digest = registry.push_blob(repository, b"0123456789", LAYER)["digest"]
    answer = registry.ask("GET", f"/v2/{repository}/blobs/{digest}", Range=asked)
    assert (answer.status, answer.headers["Content-Range"]) == (status, told)
    if body is not None:
        assert (answer.body, answer.headers["Content-Length"]) == (body, str(len(body)))


def test_a_layer_of_another_repository_is_mounted(server, registry, repository, other):
    digest = registry.push_blob(repository, b"layer", LAYER)["digest"]
    assert registry.ask("HEAD", f"/v2/{other}/blobs/{digest}").status == 404
    for source in ("not/there", f"{ACCOUNT}/us-east-1/{repository}", f"../{repository}", other):
        answer = begin(registry, other, f"?mount={digest}&from={source}")
        assert (answer.status, "/blobs/uploads/" in answer.headers["Location"]) == (202, True)
    assert begin(registry, other, f"?mount={ABSENT}&from={repository}").status == 202
    assert begin(registry, other, f"?mount=nonsense&from={repository}").status == 202
    assert registry.ask("HEAD", f"/v2/{other}/blobs/{digest}").status == 404
    answer = begin(registry, other, f"?mount={digest}&from={repository}")
    assert (answer.status, answer.headers["Location"]) == (201, f"/v2/{other}/blobs/{digest}")
    server.ecr.delete_repository(repositoryName=repository, force=True)
    assert registry.ask("GET", f"/v2/{other}/blobs/{digest}").body == b"layer"


def test_a_layer_is_mounted_from_wherever_it_is(server, registry, repository, other):
    digest = registry.push_blob(repository, b"anywhere", LAYER)["digest"]
    there = server.client("ecr", region_name="eu-west-1")
    there.create_repository(repositoryName=other)
    elsewhere = RegistryClient(server, there)
    assert begin(elsewhere, other, f"?mount={digest}&from={repository}").status == 202
    assert begin(elsewhere, other, f"?mount={digest}").status == 202
    assert begin(registry, other, f"?mount={digest}").status == 201


def test_who_may_not_read_a_repository_mounts_nothing_of_it(start):
    server = start("--enforce-iam")
    for name in ("secret", "shared", "target"):
        server.ecr.create_repository(repositoryName=name)
    owner = RegistryClient(server)
    secret = owner.push_blob("secret", b"secret", LAYER)["digest"]
    shared = owner.push_blob("shared", b"shared", LAYER)["digest"]
    allow = [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in (
            ("ecr:GetAuthorizationToken", "*"),
            ("ecr:*", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/target"),
            ("ecr:GetDownloadUrlForLayer", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shared"),
        )
    ]
    pusher = RegistryClient(server, server.client("ecr", **as_user(server, "pusher", *allow)))
    for source in ("&from=secret", ""):
        assert begin(pusher, "target", f"?mount={secret}{source}").status == 202
    assert pusher.ask("HEAD", f"/v2/target/blobs/{secret}").status == 404
    assert begin(pusher, "target", f"?mount={shared}&from=shared").status == 201
    assert pusher.ask("GET", f"/v2/target/blobs/{shared}").body == b"shared"


def test_many_push_the_same_layer_at_once(server, registry, repository, other):
    blob = uuid.uuid4().bytes * 200_000
    statuses, names = [], [repository, other] * 6
    together = threading.Barrier(len(names))

    def push(name):
        client = RegistryClient(server)
        together.wait()
        statuses.append(begin(client, name, f"?digest={digest_of(blob)}", blob).status)

    threads = [threading.Thread(target=push, args=[name]) for name in names]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert statuses == [201] * len(names)
    for name in (repository, other):
        assert registry.ask("GET", f"/v2/{name}/blobs/{digest_of(blob)}").body == blob
    stored = server.data / "registry" / "sha256" / digest_of(blob).partition(":")[2]
    assert stored.stat().st_size == len(blob)
    assert registry.ask("DELETE", f"/v2/{repository}/blobs/{digest_of(blob)}").status == 202
    assert registry.ask("HEAD", f"/v2/{repository}/blobs/{digest_of(blob)}").status == 404
    assert registry.ask("HEAD", f"/v2/{other}/blobs/{digest_of(blob)}").status == 200
    server.ecr.delete_repository(repositoryName=other, force=True)
    assert begin(registry, repository).status == 202  # what no repository has goes when the next upload begins
    assert not stored.exists()


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("../../etc/blobs/{absent}", "NAME_INVALID"),
        ("%2e%2e/%2e%2e/blobs/{absent}", "NAME_INVALID"),
        ("A/blobs/{absent}", "NAME_INVALID"),
        ("a" * 300 + "/blobs/{absent}", "NAME_INVALID"),
        ("{name}/blobs/sha256:..%2f..%2frequests.jsonl", "UNSUPPORTED"),
        ("{name}/blobs/sha256:..", "DIGEST_INVALID"),
        ("{name}/blobs/..:{hex}", "DIGEST_INVALID"),
        ("{name}/blobs/SHA256:{hex}", "DIGEST_INVALID"),
        ("{name}/blobs/{absent}%0a", "DIGEST_INVALID"),
        ("{name}/blobs/uploads/..", "BLOB_UPLOAD_UNKNOWN"),
        ("{name}/blobs/uploads/%2e%2e%2fsha256", "UNSUPPORTED"),
        ("{name}/manifests/..", "MANIFEST_UNKNOWN"),
        ("{name}/manifests/sha256:%2e%2e", "MANIFEST_UNKNOWN"),
        ("{name}/nothing", "UNSUPPORTED"),
    ],
)
def test_odd_names_lead_nowhere(registry, repository, path, error):
    answer = registry.ask("GET", "/v2/" + path.format(name=repository, absent=ABSENT, hex="0" * 64))
    assert 400 <= answer.status < 500
    assert answer.error[0] == error


@pytest.mark.parametrize("tag", ["-x", ".x", "x%20y", "x" * 129])
def test_odd_tags_are_refused(registry, repository, tag):
    assert registry.put(repository, tag, registry.image(repository, "x")).error[0] == "TAG_INVALID"
