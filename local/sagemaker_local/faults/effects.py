"""What a fault does to a request: makes it wait, refuses it in the words of the service, or breaks its connection."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.wrappers import Response

from sagemaker_local.faults.fault import Fault
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.refusals import denied, expired, out_of_order, throttled

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

# What a load balancer answers that has no server left for a request (Elastic Load Balancing, "HTTP 503").
_PAGE = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n</body>\r\n</html>\r\n"
_HEAD = b"HTTP/1.1 20"  # of an answer that is cut there


def wait(faults: Sequence[Fault]) -> None:
    """As long as the slow ones of them say."""
    time.sleep(sum(fault.seconds for fault in faults if fault.kind == "slow"))


def refusal(faults: Sequence[Fault], call: Call, caller: str) -> ServiceError | None:
    """How the first of them that refuses is answered."""
    for fault in faults:
        if fault.kind == "throttle":
            return throttled(call, fault.retry_after)
        if fault.kind == "server-error" and not fault.page:
            return out_of_order(call)
        if fault.kind == "expired-credentials":
            return expired(call)
        if fault.kind == "error":
            status = fault.status or HTTPStatus.BAD_REQUEST
            return ServiceError(fault.code, fault.message or fault.code, status)
        if fault.kind == "deny":
            return denied(call, caller, f"{call.service}:{call.operation}", "with an explicit deny")
    return None


def page(faults: Sequence[Fault]) -> Response | None:
    """What a load balancer answers in the place of the service, if one of them says so."""
    if not any(fault.kind == "server-error" and fault.page for fault in faults):
        return None
    return Response(_PAGE, HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/html")


def breaks(faults: Sequence[Fault], when: str, environ: dict[str, Any]) -> str:
    """Whether one of them breaks the connection before or after the request is carried out: the name of that error.

    One that hangs has waited by then, until the client gave up or its time was over.
    """
    for fault in faults:
        if fault.when != when or fault.kind not in ("reset", "hang"):
            continue
        if fault.kind == "reset":
            return "ConnectionReset"
        _hang(environ, fault.seconds)
        return "Hang"
    return ""


def truncates(faults: Sequence[Fault]) -> bool:
    """Whether only a part of the answer is to be sent."""
    return any(fault.kind == "truncate" for fault in faults)


def cut_connection(environ: dict[str, Any]) -> NoReturn:
    """Reset the connection that a WSGI request came by (socket(7): a close with SO_LINGER 0 sends RST)."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())  # `close` would wait for the files that the server made of it
    raise ConnectionResetError("reset by a fault that was asked for")


def half(response: Response, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """The answer with its headers, `Content-Length` among them, and half of its body; then the connection ends.

    So a client sees a server that dies while it answers (RFC 9112, section 8: the message is incomplete). An answer
    without a body ends in its head.
    """
    length = response.content_length or response.calculate_content_length()
    if not length or environ["REQUEST_METHOD"] == "HEAD":
        response.close()
        _end_connection(environ, _HEAD)
    return _half(response(environ, start_response), length // 2, environ)


def _half(body: Iterable[bytes], left: int, environ: dict[str, Any]) -> Iterator[bytes]:
    for part in body:
        yield part[:left]
        left -= len(part)
        if left <= 0:
            break
    _end_connection(environ, b"")


def _end_connection(environ: dict[str, Any], last: bytes) -> NoReturn:
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.sendall(last)
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("ended by a fault that was asked for")


def _hang(environ: dict[str, Any], seconds: float) -> None:
    """Answer nothing, for so long or until the client leaves: its end of the connection can be read then."""
    connection = environ.get("werkzeug.socket")
    if not isinstance(connection, socket.socket):
        return
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        readable, _, _ = select.select([connection], [], [], left)
        if readable and not connection.recv(1 << 16):
            return
