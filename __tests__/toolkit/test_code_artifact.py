"""Packages from CodeArtifact: an index that asks for a password, and what gets it, in their image's place."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import Run, virtual_environment
from instance import Instance
from test_requirements import NO_NETWORK, wheel

ARN = "arn:aws:codeartifact:eu-west-1:123456789012:repository/domain/my.repo-1"
TOKEN = "top/secret+token=="
FILES = {"w.py": "import os, tiny\nprint(tiny.text, os.environ.get('PIP_INDEX_URL'))\n", "requirements.txt": "tiny\n"}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """A repository's endpoint, and the paths that were asked for with its password."""
    content = tmp_path / "tiny-1.0-py3-none-any.whl"
    wheel(content)
    asked: list[str] = []
    credentials = "Basic " + base64.b64encode(f"aws:{TOKEN}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == credentials
            self.send_response(200 if known else 401)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if known:
                asked.append(self.path)
                page = f'<a href="{content.name}">{content.name}</a>'.encode()
                self.wfile.write(content.read_bytes() if self.path.endswith(".whl") else page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/pypi/my.repo-1/", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def instance(python: Instance) -> Instance:
    """One whose pip installs to a folder of its own, from the index that it is given."""
    target = python.base.parent / "target"
    offline = {name: value for name, value in NO_NETWORK.items() if name != "PIP_NO_INDEX"}
    python.environment.update(offline, PIP_TARGET=str(target), PYTHONPATH=str(target), CA_REPOSITORY_ARN=ARN)
    python.environment.update(PIP_INDEX_URL="http://127.0.0.1:1/", PIP_RETRIES="0")
    return python


def give_aws(instance: Instance, lines: str) -> None:
    program = instance.base.parent / "python" / "aws"
    program.write_text(f"#!/bin/sh\n{lines}\n")
    program.chmod(0o755)


def give_boto3(instance: Instance, lines: str) -> None:
    """A boto3 that the image's Python has installed."""
    folder = virtual_environment(instance)
    (next(folder.glob("lib/python*/site-packages")) / "boto3.py").write_text(lines)


def test_the_command_gets_the_token(instance: Instance, run: Run, index: tuple[str, list[str]]) -> None:
    endpoint, asked = index
    log = instance.base.parent / "calls"
    answer = f'case $2 in get-authorization-token) echo "{TOKEN}" ;; *) echo "{endpoint}" ;; esac'
    give_aws(instance, f'echo "$*" >>{log}\n{answer}')
    ended = run(instance, dict(FILES), entrypoint="w.py")
    assert ended.lines[0] == "Packages come from CodeArtifact: " + ARN
    # The script has its own environment back.
    assert ended.printed == ["of the package http://127.0.0.1:1/"]
    assert asked == ["/pypi/my.repo-1/simple/tiny/", "/pypi/my.repo-1/simple/tiny/tiny-1.0-py3-none-any.whl"]
    assert not [line for line in ended.lines if "secret" in line]
    where = "--domain domain --domain-owner 123456789012"
    assert log.read_text().splitlines() == [
        f"codeartifact get-authorization-token --query authorizationToken --output text {where} --region eu-west-1",
        "codeartifact get-repository-endpoint --query repositoryEndpoint --output text "
        f"{where} --format pypi --region eu-west-1 --repository my.repo-1",
    ]


def test_boto3_gets_it_first(instance: Instance, run: Run, index: tuple[str, list[str]]) -> None:
    endpoint, asked = index
    log = instance.base.parent / "calls"
    give_boto3(
        instance,
        "import json\n"
        "class Client:\n"
        f"    def log(self, *words): open({str(log)!r}, 'a').write(json.dumps(words) + '\\n')\n"
        "    def get_authorization_token(self, **given):\n"
        f"        self.log('token', given); return {{'authorizationToken': {TOKEN!r}}}\n"
        "    def get_repository_endpoint(self, **given):\n"
        f"        self.log('endpoint', given); return {{'repositoryEndpoint': {endpoint!r}}}\n"
        "def client(name, region_name):\n"
        "    c = Client(); c.log(name, region_name); return c\n",
    )
    give_aws(instance, "exit 1")
    ended = run(instance, dict(FILES), entrypoint="w.py")
    assert ended.printed == ["of the package http://127.0.0.1:1/"]
    assert len(asked) == 2
    where = {"domain": "domain", "domainOwner": "123456789012"}
    assert [json.loads(line) for line in log.read_text().splitlines()] == [
        ["codeartifact", "eu-west-1"],
        ["token", where],
        ["endpoint", {**where, "repository": "my.repo-1", "format": "pypi"}],
    ]


@pytest.mark.parametrize(
    ("arn", "aws", "reason"),
    [
        (ARN, None, "the image has neither boto3 nor the command aws, which get the token for pip. Use an image that"),
        ("arn:aws:s3:::x", "exit 0", "'arn:aws:s3:::x' is not the ARN of a CodeArtifact repository. Use arn:aws:"),
        (
            ARN,
            "echo 'An error occurred (AccessDeniedException): not authorized.' >&2; exit 254",
            "there is no token for pip: An error occurred (AccessDeniedException): not authorized. The job's",
        ),
        (ARN, "exit 7", "there is no token for pip: it printed nothing. The job's role needs codeartifact:Get"),
    ],
)
def test_without_it_nothing_is_tried(instance: Instance, run: Run, arn: str, aws: str | None, reason: str) -> None:
    instance.environment.update(CA_REPOSITORY_ARN=arn)
    if aws is not None:
        give_aws(instance, aws)
    ended = run(instance, dict(FILES), entrypoint="w.py")
    assert ended.code == 127
    assert (ended.failure or "").startswith(f"CA_REPOSITORY_ARN: {reason}")
    assert "Installing requirements.txt" not in ended.lines
    assert ended.end[1] == len(ended.lines) - 1


def test_without_anything_to_install_no_token_is_asked_for(instance: Instance, run: Run) -> None:
    ended = run(instance, {"w.py": "print('fine')\n"})
    assert (ended.lines[0], ended.printed) == ("Invoking script with the following command:", ["fine"])
