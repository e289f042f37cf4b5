"""A client of the registry protocol as short as can be: what docker sends, by hand."""

import base64
import hashlib
import json
import urllib.error
import urllib.request

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def error(self):
        (error,) = json.loads(self.body)["errors"]
        return error["code"], error["message"]


class RegistryClient:
    """Speaks to a server's `/v2/` with the token that its ECR gives."""

    def __init__(self, server, ecr=None):
        self.url = server.url
        ecr = ecr or server.ecr
        self.token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]

    def ask(self, method, path, body=None, **headers):
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, body, method=method)
        if self.token:
            request.add_header("Authorization", f"Basic {self.token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def push_blob(self, name, blob, kind, *, chunked=False):
        """A descriptor; by a PATCH and a PUT, the PATCH without a length where `chunked`."""
        started = self.ask("POST", f"/v2/{name}/blobs/uploads/", b"")
        assert started.status == 202, started.body
        assert started.headers["Location"].startswith(f"/v2/{name}/blobs/uploads/")
        body = iter([blob[:1000], blob[1000:]]) if chunked else blob
        sent = self.ask("PATCH", started.headers["Location"], body, Content_Type="application/octet-stream")
        assert sent.status == 202, sent.body
        digest = digest_of(blob)
        place = sent.headers["Location"]
        ended = self.ask("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", b"")
        assert ended.status == 201, ended.body
        assert ended.headers["Location"] == f"/v2/{name}/blobs/{digest}"
        return {"mediaType": kind, "digest": digest, "size": len(blob)}

    def image(self, name, text):
        """A pushed image's manifest, not pushed itself."""
        config = self.push_blob(
            name, json.dumps({"architecture": "amd64", "os": "linux", "text": text}).encode(), CONFIG
        )
        layer = self.push_blob(name, f"layer of {text}".encode() * 1000, LAYER, chunked=True)
        value = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        return json.dumps(value, indent=1).encode()

    def put(self, name, reference, manifest, kind=MANIFEST):
        return self.ask("PUT", f"/v2/{name}/manifests/{reference}", manifest, Content_Type=kind)

    def push(self, name, tag, text):
        """The digest of a new image."""
        manifest = self.image(name, text)
        answer = self.put(name, tag, manifest)
        assert answer.status == 201, answer.body
        assert answer.headers["Docker-Content-Digest"] == digest_of(manifest)
        return digest_of(manifest)


def digest_of(blob):
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def password(authorization_token):
    return base64.b64decode(authorization_token).decode().removeprefix("AWS:")


def code(failing):
    """The code of a botocore ClientError that pytest.raises caught."""
    return failing.value.response["Error"]["Code"]
