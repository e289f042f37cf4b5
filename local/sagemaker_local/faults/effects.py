"""What a fault does to a request: makes it wait, refuses it in the words of the service, or cuts the connection."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NoReturn

from sagemaker_local.faults.fault import Fault
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.refusals import denied, expired, throttled


def wait(faults: Sequence[Fault]) -> None:
    """As long as the slow ones of them say."""
    time.sleep(sum(fault.seconds for fault in faults if fault.kind == "slow"))


def refusal(faults: Sequence[Fault], call: Call, caller: str) -> ServiceError | None:
    """How the first of them that refuses is answered."""
    for fault in faults:
        if fault.kind == "throttle":
            return throttled(call)
        if fault.kind == "expired-credentials":
            return expired(call)
        if fault.kind == "error":
            status = fault.status or HTTPStatus.BAD_REQUEST
            return ServiceError(fault.code, fault.message or fault.code, status)
        if fault.kind == "deny":
            return denied(call, caller, f"{call.service}:{call.operation}", "with an explicit deny")
    return None


def cuts(faults: Sequence[Fault], when: str) -> bool:
    """Whether one of them cuts the connection before or after the request is carried out."""
    return any(fault.kind == "reset" and fault.when == when for fault in faults)


def cut_connection(environ: dict[str, Any]) -> NoReturn:
    """Reset the connection that a WSGI request came by (socket(7): a close with SO_LINGER 0 sends RST)."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())  # `close` would wait for the files that the server made of it
    raise ConnectionResetError("reset by a fault that was asked for")
