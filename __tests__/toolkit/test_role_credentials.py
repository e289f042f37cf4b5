"""Where a container's credentials come from, in which order, and whom they are never asked from."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from instance import TOOLKIT
from secret_services import KEYS

sys.path.insert(0, str(TOOLKIT))

from task_toolkit import role_credentials
from task_toolkit.role_credentials import NoCredentialsError, find
from task_toolkit.signature import Credentials

ROLE = Credentials(*KEYS.values())
OWN = {"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": "own"}
INSTANCE = "/latest/meta-data/iam/security-credentials/"


class Metadata:
    """What is answered by method and path, in turn, the last for ever; and what was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, list[tuple[int, str]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[Metadata]:
    told = Metadata()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = f"{self.command} {self.path}"
            told.asked.append((asked, {name.lower(): value for name, value in self.headers.items()}))
            replies = told.replies.get(asked, [(404, "")])
            status, body = replies.pop(0) if len(replies) > 1 else replies[0]
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{told.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body.encode())

        do_PUT = do_GET  # noqa: N815 - as the library names it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    for name in (*OWN, "AWS_SESSION_TOKEN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name in ("FULL_URI", "AUTHORIZATION_TOKEN", "AUTHORIZATION_TOKEN_FILE"):
        monkeypatch.delenv(f"AWS_CONTAINER_{name.replace('FULL', 'CREDENTIALS_FULL')}", raising=False)
    # None of these addresses is behind a proxy.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    monkeypatch.setattr(role_credentials, "CONTAINER_HOST", told.url)
    monkeypatch.setattr(role_credentials, "INSTANCE_HOST", told.url)
    monkeypatch.setattr(role_credentials, "PAUSE", 0.0)
    yield told
    server.shutdown()
    server.server_close()


def test_the_path_that_sagemaker_names_comes_first(metadata: Metadata, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata.replies["GET /v2/credentials/1"] = [(200, json.dumps(KEYS))]
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/")
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    assert find() == ROLE
    assert "authorization" not in metadata.asked[0][1]


@pytest.mark.parametrize("by_file", [True, False])
def test_a_whole_address_is_asked_with_its_token(
    metadata: Metadata, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by_file: bool
) -> None:
    metadata.replies["GET /x"] = [(200, json.dumps(KEYS))]
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", metadata.url + "/x")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "old" if by_file else "the token")
    (tmp_path / "token").write_text("the token\n")
    if by_file:
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    assert find() == ROLE
    assert metadata.asked[0][1]["authorization"] == "the token"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "http://10.0.0.1/x",
        "ftp://127.0.0.1/x",
        "http://127.0.0.1.example.com/",
        "http://[::2]/",
    ],
)
def test_no_other_host_is_asked_without_tls(metadata: Metadata, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    with pytest.raises(NoCredentialsError, match="not to be trusted"):
        find()
    assert metadata.asked == []


def test_keys_of_the_environment_come_before_the_machines(metadata: Metadata, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    assert find() == Credentials("AKIAOWN", "own", "")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert find() == Credentials("AKIAOWN", "own", "token")
    assert metadata.asked == []


def test_the_machines_are_asked_by_version_2(metadata: Metadata) -> None:
    metadata.replies["PUT /latest/api/token"] = [(200, "session")]
    metadata.replies[f"GET {INSTANCE}"] = [(200, "role\n")]
    metadata.replies[f"GET {INSTANCE}role"] = [(200, json.dumps({"Code": "Success", **KEYS}))]
    assert find() == ROLE
    assert metadata.asked[0][1]["x-aws-ec2-metadata-token-ttl-seconds"] == "300"
    assert [headers.get("x-aws-ec2-metadata-token") for _, headers in metadata.asked] == [None, "session", "session"]


def test_the_machines_are_not_asked_where_that_is_forbidden(
    metadata: Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError, match="no variable of the container"):
        find()
    assert metadata.asked == []


def test_what_passes_is_asked_again(metadata: Metadata, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x")
    metadata.replies["GET /x"] = [(500, ""), (503, ""), (200, json.dumps(KEYS))]
    assert find() == ROLE
    metadata.replies["GET /x"] = [(500, "")]
    with pytest.raises(NoCredentialsError, match="status 500"):
        find()
    assert len(metadata.asked) == 6


@pytest.mark.parametrize("reply", [(404, ""), (200, "no JSON"), (200, "[]"), (200, '{"AccessKeyId": "A"}'), (302, "")])
def test_another_answer_is_none(metadata: Metadata, monkeypatch: pytest.MonkeyPatch, reply: tuple[int, str]) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/secret-path")
    metadata.replies["GET /secret-path"] = [reply]
    metadata.replies["GET /elsewhere"] = [(200, json.dumps(KEYS))]
    with pytest.raises(NoCredentialsError) as error:
        find()
    assert "secret-path" not in str(error.value)
    assert [asked for asked, _ in metadata.asked] == ["GET /secret-path"]
