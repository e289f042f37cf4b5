"""The registry's protocol for manifests: deletions, lists of tags, referrers."""

import json
from urllib.parse import quote

import pytest
from registry_client import CONFIG, INDEX, MANIFEST, digest_of

ABSENT = f"sha256:{'0' * 64}"


def test_manifests_and_blobs_are_deleted(registry, repository):
    manifest = registry.image(repository, "child")
    registry.put(repository, "child", manifest)
    child = {"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest)}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]}).encode()
    assert registry.put(repository, "all", index, INDEX).status == 201
    refused = registry.ask("DELETE", f"/v2/{repository}/manifests/{digest_of(manifest)}")
    assert (refused.status, refused.error[0]) == (403, "DENIED")
    assert registry.ask("DELETE", f"/v2/{repository}/manifests/all").status == 202
    assert registry.ask("DELETE", f"/v2/{repository}/manifests/all").error[0] == "MANIFEST_UNKNOWN"
    for digest in (digest_of(index), digest_of(manifest)):
        assert registry.ask("HEAD", f"/v2/{repository}/manifests/{digest}").status == 200
        assert registry.ask("DELETE", f"/v2/{repository}/manifests/{digest}").status == 202
        assert registry.ask("GET", f"/v2/{repository}/manifests/{digest}").error[0] == "MANIFEST_UNKNOWN"
    layer = json.loads(manifest)["layers"][0]["digest"]
    assert registry.ask("DELETE", f"/v2/{repository}/blobs/{layer}").status == 202
    for method in ("GET", "DELETE"):
        assert registry.ask(method, f"/v2/{repository}/blobs/{layer}").error[0] == "BLOB_UNKNOWN"
    assert registry.put(repository, "again", manifest).error[0] == "MANIFEST_BLOB_UNKNOWN"
    assert registry.put(repository, "again", index, INDEX).error[0] == "MANIFEST_BLOB_UNKNOWN"


def test_tags_are_listed_in_pages(registry, repository):
    manifest = registry.image(repository, "x")
    for tag in ("b", "A", "c", "B", "a.1", "z"):
        registry.put(repository, tag, manifest)
    place, pages = f"/v2/{repository}/tags/list?n=4", []
    while place:
        answer = registry.ask("GET", place)
        pages.append(json.loads(answer.body)["tags"])
        link = answer.headers["Link"]
        assert link is None or link.endswith('>; rel="next"')
        place = link and link[1:].partition(">")[0]
    assert pages == [["A", "a.1", "B", "b"], ["c", "z"]]
    after = registry.ask("GET", f"/v2/{repository}/tags/list?last=b")
    assert (json.loads(after.body)["tags"], after.headers["Link"]) == (["c", "z"], None)
    assert json.loads(registry.ask("GET", f"/v2/{repository}/tags/list?n=0").body)["tags"] == []
    assert registry.ask("GET", f"/v2/{repository}/tags/list?n=-1").error[0] == "PAGINATION_NUMBER_INVALID"


def test_referrers(registry, repository):
    subject = json.loads(registry.image(repository, "subject"))
    registry.put(repository, "subject", json.dumps(subject).encode())
    about = {"mediaType": MANIFEST, "digest": digest_of(json.dumps(subject).encode()), "size": 1}
    listed = []
    for kind in ("application/vnd.example.signature", ""):
        artifact = {
            **subject,
            "subject": about,
            "annotations": {"of": kind},
            **({"artifactType": kind} if kind else {}),
        }
        raw = json.dumps(artifact).encode()
        answer = registry.put(repository, digest_of(raw), raw)
        assert (answer.status, answer.headers["OCI-Subject"]) == (201, about["digest"])
        described = {"mediaType": MANIFEST, "digest": digest_of(raw), "size": len(raw), "artifactType": kind or CONFIG}
        listed.append({**described, "annotations": {"of": kind}})
    answer = registry.ask("GET", f"/v2/{repository}/referrers/{about['digest']}")
    assert (answer.headers["Content-Type"], answer.headers["OCI-Filters-Applied"]) == (INDEX, None)
    assert json.loads(answer.body) == {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}
    answer = registry.ask("GET", f"/v2/{repository}/referrers/{about['digest']}?artifactType={quote(CONFIG)}")
    assert (json.loads(answer.body)["manifests"], answer.headers["OCI-Filters-Applied"]) == (listed[1:], "artifactType")
    assert json.loads(registry.ask("GET", f"/v2/{repository}/referrers/{ABSENT}").body)["manifests"] == []
    assert registry.ask("GET", f"/v2/{repository}/referrers/x").error[0] == "DIGEST_INVALID"
    registry.ask("DELETE", f"/v2/{repository}/manifests/{listed[0]['digest']}")
    answer = registry.ask("GET", f"/v2/{repository}/referrers/{about['digest']}")
    assert json.loads(answer.body)["manifests"] == listed[1:]


@pytest.mark.parametrize(
    "change",
    [
        {"subject": {"digest": "sha256:x\r\nSet-Cookie: a=b", "size": 1}},
        {"subject": {"size": 1}},
        {"annotations": {"a": 1}},
        {"artifactType": ["x"]},
    ],
)
def test_what_a_manifest_must_not_say(registry, repository, change):
    manifest = {**json.loads(registry.image(repository, "x")), **change}
    answer = registry.put(repository, "x", json.dumps(manifest).encode())
    assert (answer.status, answer.error[0], answer.headers["Set-Cookie"]) == (400, "MANIFEST_INVALID", None)


def test_bytes_that_are_no_manifest(registry, repository):
    manifest = registry.image(repository, "x")
    for raw in (b"", b"\xff", manifest.decode().encode("utf-16"), b"[" * 100_000, b"[]"):
        answer = registry.put(repository, "x", raw)
        assert (answer.status, answer.error[0]) == (400, "MANIFEST_INVALID")
    answer = registry.put(repository, "x", manifest + b" " * (4 << 20))
    assert (answer.status, answer.error[0]) == (413, "SIZE_INVALID")
