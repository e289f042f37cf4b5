"""One HTTP/1.1 request, passed on to another server while it arrives, and the answer back while that arrives.

Both sides keep their own framing (RFC 9112 section 6): a length stays, chunks are made anew. Whatever of an answer is
cut off is cut off for the client too. `Expect: 100-continue` is answered by `http.server`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from typing import IO, cast

from werkzeug.serving import DechunkedInput

_BLOCK = 65_536
_HOP_BY_HOP = {  # RFC 9110 7.6.1; Expect was answered here
    *("connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
}


def relay(client: BaseHTTPRequestHandler, upstream: HTTPConnection, target: str, further: Mapping[str, str]) -> None:
    """Answer the client's request by `upstream`, which is connected.

    Raises OSError and HTTPException for a broken connection, ValueError for a request that makes no sense.
    """
    chunked = "chunked" in client.headers.get("Transfer-Encoding", "").lower()
    length = 0 if chunked else int(client.headers.get("Content-Length") or 0)
    upstream.putrequest(client.command, target, skip_host=True, skip_accept_encoding=True)
    dropped = _HOP_BY_HOP | _named_by_connection(client.headers.get("Connection", ""))
    for name, value in (*client.headers.items(), *further.items()):
        if name.lower() not in dropped:
            upstream.putheader(name, value)
    if chunked:
        upstream.putheader("Transfer-Encoding", "chunked")
    upstream.endheaders()
    try:
        for block in _body(client.rfile, length, chunked):
            upstream.send(block)
    except (BrokenPipeError, ConnectionResetError):
        client.close_connection = True  # refused before it was all sent: the refusal can still be read
    _answer(client, upstream.getresponse())


def _answer(client: BaseHTTPRequestHandler, response: HTTPResponse) -> None:
    given = response.headers
    length = given.get("Content-Length")
    bodiless = client.command == "HEAD" or response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
    chunked = not bodiless and length is None and client.request_version >= "HTTP/1.1"
    client.send_response_only(response.status, response.reason)
    dropped = _HOP_BY_HOP | _named_by_connection(given.get("Connection", ""))
    for name, value in given.items():
        if name.lower() not in dropped:
            client.send_header(name, value)
    if chunked:
        client.send_header("Transfer-Encoding", "chunked")
    elif (length is None and not bodiless) or client.close_connection:
        client.send_header("Connection", "close")
    client.end_headers()
    sent = 0
    while block := response.read1(_BLOCK):
        sent += len(block)
        client.wfile.write(_chunk(block) if chunked else block)
    if length is not None and not bodiless and sent != int(length):
        raise IncompleteRead(b"", int(length) - sent)
    if chunked:
        client.wfile.write(b"0\r\n\r\n")


def _body(source: BufferedIOBase, length: int, chunked: bool) -> Iterator[bytes]:
    """A request's body as it is to be sent on. Raises ConnectionAbortedError if it ends early, OSError if malformed."""
    if chunked:
        decoded = DechunkedInput(cast("IO[bytes]", source))
        while block := decoded.read(_BLOCK):
            yield _chunk(block)
        yield b"0\r\n\r\n"
    while length > 0:
        block = source.read(min(length, _BLOCK))
        if not block:
            raise ConnectionAbortedError("the client left in the middle of a request")
        length -= len(block)
        yield block


def _chunk(block: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(block), block)


def _named_by_connection(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",")}
