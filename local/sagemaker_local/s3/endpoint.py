"""A real S3 server for the objects, where one is named: what concerns objects goes there, signed anew, streaming both
ways; what only concerns buckets (encryption, policies, tags, where they are and whose) stays with moto.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import urllib3
from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError

_CHUNK = 1 << 20
_LISTS = ("ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "DeleteObjects")
_SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
# Of the caller's signature, checked here, or of the connection.
_DROPPED = {
    *("authorization", "host", "connection", "expect", "transfer-encoding", "accept-encoding", "te", "user-agent"),
    *("x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "amz-sdk-invocation-id", "amz-sdk-request"),
    *("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"),
}
_PRESIGNED = {"awsaccesskeyid", "signature", "expires", "x-id"}
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}


@dataclass(frozen=True)
class S3Endpoint:
    """Where the server is, and the keys it takes."""

    url: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"


def parse_endpoint(text: str, environment: dict[str, str]) -> S3Endpoint:
    """`http://[KEY:SECRET@]HOST:PORT`; keys that it has not are S3_ENDPOINT_ACCESS_KEY_ID and …SECRET_ACCESS_KEY.

    Raises ValueError.
    """
    parts = urlsplit(text)
    key = parts.username or environment.get("S3_ENDPOINT_ACCESS_KEY_ID", "")
    secret = parts.password or environment.get("S3_ENDPOINT_SECRET_ACCESS_KEY", "")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{text!r} is not of the form http://HOST:PORT")
    if not (key and secret):
        raise ValueError("it needs S3_ENDPOINT_ACCESS_KEY_ID and S3_ENDPOINT_SECRET_ACCESS_KEY in the environment")
    port = f":{parts.port}" if parts.port else ""
    return S3Endpoint(f"{parts.scheme}://{parts.hostname}{port}", key, secret)


class _Auth(S3SigV4Auth):  # type: ignore[misc]
    """Signs a request whose body is described by the caller's own hash."""

    def payload(self, request: AWSRequest) -> str:
        """`x-amz-content-sha256`."""
        return str(request.context["payload"])


class S3Server:
    """Answers what concerns objects; keeps connections for the next request."""

    def __init__(self, endpoint: S3Endpoint) -> None:
        self._endpoint = endpoint
        self._auth = _Auth(Credentials(endpoint.access_key, endpoint.secret_key), "s3", endpoint.region)
        self._pool = urllib3.PoolManager(
            maxsize=64, retries=False, timeout=urllib3.Timeout(connect=10, read=300), blocksize=_CHUNK
        )

    def buckets(self) -> list[str]:
        """The names of the buckets that it has. Raises OSError where it does not answer as S3 does."""
        answer = self._send("GET", "/", "", {}, "UNSIGNED-PAYLOAD", None)
        body = answer.data.decode("utf-8", "replace")
        if answer.status != HTTPStatus.OK:
            raise OSError(f"{self._endpoint.url} answers {answer.status}: {body[:500]}")
        return [part.partition("</Name>")[0] for part in body.split("<Name>")[1:]]

    def answer(self, call: Call, environ: dict[str, Any], otherwise: Callable[[], Response]) -> Response:
        """The answer to a call of S3; `otherwise` gives moto's."""
        if call.operation == "CreateBucket":
            made = otherwise()
            if made.status_code == HTTPStatus.OK:
                self._send("PUT", f"/{call.parameters['Bucket']}", "", {}, "UNSIGNED-PAYLOAD", None).drain_conn()
            return made
        if call.operation == "DeleteBucket":
            gone = self._forward(environ)
            return otherwise() if gone.status_code == HTTPStatus.NO_CONTENT else gone
        if call.parameters["Key"] or call.operation in _LISTS:
            return self._forward(environ)
        return otherwise()

    def _forward(self, environ: dict[str, Any]) -> Response:
        headers = _headers(environ)
        payload = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "UNSIGNED-PAYLOAD")
        length = int(headers.get("content-length", 0))
        body: Iterator[bytes] | None = _read(environ["wsgi.input"], length) if length else None
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":  # its end is that of the input
            body = _read(environ["wsgi.input"], sys.maxsize)
        if payload.startswith(_SIGNED_CHUNKS):  # signed by the caller's key, chunk by chunk: unpack
            payload, body = "UNSIGNED-PAYLOAD", _unpacked(environ["wsgi.input"])
            headers = _of_unpacked(headers)
        path = environ.get("PATH_INFO", "/").encode("latin-1")
        query = [
            (name, value)
            for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
            if name.lower() not in _PRESIGNED and not name.lower().startswith("x-amz-")
        ]
        encoded = urlencode(query, quote_via=quote, safe="")
        try:
            answer = self._send(environ["REQUEST_METHOD"], quote(path, safe="/~"), encoded, headers, payload, body)
        except urllib3.exceptions.HTTPError as error:
            text = f"The S3 server at {self._endpoint.url} does not answer: {error}"
            raise ServiceError("ServiceUnavailable", text, HTTPStatus.SERVICE_UNAVAILABLE) from error
        passed = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
        if answer.status >= HTTPStatus.BAD_REQUEST or environ["REQUEST_METHOD"] == "HEAD":
            return Response(answer.data, answer.status, passed)
        response = Response(answer.stream(_CHUNK, decode_content=False), answer.status, passed, direct_passthrough=True)
        response.call_on_close(answer.release_conn)
        return response

    def _send(
        self, method: str, path: str, query: str, headers: dict[str, str], payload: str, body: Iterator[bytes] | None
    ) -> urllib3.BaseHTTPResponse:
        url = f"{self._endpoint.url}{path}{'?' + query if query else ''}"
        request = AWSRequest(method=method, url=url, headers=headers)
        request.context["payload"] = payload
        self._auth.add_auth(request)
        return self._pool.request(
            method, url, headers=dict(request.headers.items()), body=body, preload_content=False, redirect=False
        )


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    return {name: value for name, value in found.items() if name not in _DROPPED and value}


def _of_unpacked(headers: dict[str, str]) -> dict[str, str]:
    """The headers of an aws-chunked body once it is unpacked."""
    kept = {name: value for name, value in headers.items() if name not in ("content-encoding", "x-amz-trailer")}
    encodings = [each.strip() for each in headers.get("content-encoding", "").split(",")]
    others = ",".join(each for each in encodings if each not in ("", "aws-chunked"))
    length = kept.pop("x-amz-decoded-content-length", "0")
    return {**kept, "content-length": length, **({"content-encoding": others} if others else {})}


def _read(source: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        block = source.read(min(_CHUNK, length))
        if not block:
            return
        length -= len(block)
        yield block


def _unpacked(source: BinaryIO) -> Iterator[bytes]:
    """The content of an aws-chunked body: `SIZE;chunk-signature=…`, the chunk, and so on to one of size 0."""
    while size := int(source.readline().split(b";")[0] or b"0", 16):
        yield from _read(source, size)
        source.readline()
    while source.readline().strip():  # trailers
        pass
