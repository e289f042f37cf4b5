"""One request passed on to the registry while it arrives, and its answer back while that arrives, in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from moto.ecr.models import Repository
from werkzeug.wrappers import Response

from sagemaker_local.ecr.registry import Registry, failure

_BLOCK = 1 << 18
_PASSED = ("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_RANGE", "HTTP_CONTENT_RANGE", "HTTP_ACCEPT", "HTTP_IF_NONE_MATCH")
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "date"}
_MOUNTING = ("mount", "from")  # a layer of another repository is sent again, as where ECR's blob mounting is off


def pass_on(registry: Registry, repository: Repository, rest: str, environ: dict[str, Any]) -> Response:
    """The registry's answer to a request for `/v2/NAME/REST`. Raises ServiceError."""
    query = [
        (name, value)
        for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        if name not in _MOUNTING
    ]
    target = quote(registry.path(repository, rest), safe="/:") + (f"?{urlencode(query)}" if query else "")
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): str(environ[name])
        for name in _PASSED
        if environ.get(name)
    }
    headers["Host"] = environ["HTTP_HOST"]
    connection = registry.connect()
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all sent: the refusal is read
            body = body_of(environ) if _has_body(environ) else None
            connection.request(environ["REQUEST_METHOD"], target, body, headers)
        answer = connection.getresponse()
    except (OSError, HTTPException) as error:
        connection.close()
        raise failure(f"The registry does not answer: {error}") from error
    if answer.status >= HTTPStatus.BAD_REQUEST and environ["REQUEST_METHOD"] != "HEAD":
        response = Response(answer.read(), answer.status, _told(answer, registry, repository))
        connection.close()
        return response
    response = Response(_blocks(answer), answer.status, _told(answer, registry, repository), direct_passthrough=True)
    response.call_on_close(connection.close)
    return response


def body_of(environ: dict[str, Any]) -> Iterator[bytes]:
    """A WSGI request's body in blocks. Raises ConnectionAbortedError if it ends early, OSError if malformed."""
    source: BinaryIO = environ["wsgi.input"]
    if _is_chunked(environ):
        while block := source.read(_BLOCK):
            yield block
        return
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left > 0:
        block = source.read(min(left, _BLOCK))
        if not block:
            raise ConnectionAbortedError("the client left in the middle of a request")
        left -= len(block)
        yield block


def _has_body(environ: dict[str, Any]) -> bool:
    return _is_chunked(environ) or int(environ.get("CONTENT_LENGTH") or 0) > 0


def _is_chunked(environ: dict[str, Any]) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _told(answer: HTTPResponse, registry: Registry, repository: Repository) -> list[tuple[str, str]]:
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
    return [(name, _led_back(value, registry, repository) if name == "Location" else value) for name, value in headers]


def _led_back(location: str, registry: Registry, repository: Repository) -> str:
    """Where the registry leads a client, as a path of ours."""
    parts = urlsplit(location)
    path = parts.path.replace(registry.path(repository, ""), f"/v2/{repository.name}/", 1)
    return f"{path}?{parts.query}" if parts.query else path


def _blocks(answer: HTTPResponse) -> Iterator[bytes]:
    while block := answer.read1(_BLOCK):
        yield block
