"""Errors in the words and in the wire format of the service that was asked.

Formats (AWS protocol documentation): JSON services answer `{"__type", "message"}`, query services (IAM, STS)
an `ErrorResponse` XML document, S3 an `Error` XML document.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

_CODE = re.compile(rb'<Code>([^<]+)</Code>|(?:"__type"|"errors": ?\[\{"code"): ?"([^"]+)"')
_XML = "text/xml"


class ServiceError(Exception):
    """An error that the asked service answers with; S3 can tell further `details` and `headers`."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = HTTPStatus.BAD_REQUEST,
        *,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.details = details or {}
        self.headers = headers or {}
        self.code = code
        self.message = message
        self.status = int(status)


def error_response(service: str, error: ServiceError, *, cbor: bool = False) -> Response:
    """`error` as `service` writes it."""
    request_id = str(uuid.uuid4())
    if cbor:
        return Response(
            _cbor_map({"__type": error.code, "message": error.message}),
            error.status,
            {"smithy-protocol": "rpc-v2-cbor", "x-amzn-RequestId": request_id},
            content_type="application/cbor",
        )
    if service == "s3":
        told = {"Code": error.code, "Message": error.message, **error.details, "RequestId": request_id}
        body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
        headers = {"x-amz-request-id": request_id, **error.headers}
        return Response(_declared(f"<Error>{body}</Error>"), error.status, headers, content_type="application/xml")
    if service in ("iam", "sts"):
        kind = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
        body = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{error.code}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Response(_declared(body), error.status, {"x-amzn-RequestId": request_id}, content_type=_XML)
    return Response(
        json.dumps({"__type": error.code, "message": error.message}),
        error.status,
        {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code},
        content_type="application/x-amz-json-1.1",
    )


def code_of(response: Response) -> str:
    """The error code of an answer in any service's form; empty for a success, or where the answer does not tell."""
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return ""
    told = response.headers.get("x-amzn-ErrorType") or response.headers.get("x-amzn-query-error", "")
    if told or response.is_streamed:
        return told.partition(";")[0]
    match = _CODE.search(response.get_data())
    return (match[1] or match[2]).decode("utf-8", "replace").rpartition("#")[2] if match else ""


def unknown_operation(service: str, operation: str) -> ServiceError:
    """What a service says to an operation that it has not got."""
    name = operation or "(none)"
    if service == "s3":
        return ServiceError("NotImplemented", f"{name} is not implemented.", HTTPStatus.NOT_IMPLEMENTED)
    if service in ("iam", "sts"):
        return ServiceError("InvalidAction", f"Could not find operation {name} for {service}.")
    return ServiceError("UnknownOperationException", f"The operation {name} of {service} is not known here.")


def _declared(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def _cbor_map(values: dict[str, str]) -> bytes:
    """CBOR (RFC 8949) of a small map of short texts."""
    out = bytes([0xA0 | len(values)])
    for text in (part for pair in values.items() for part in pair):
        raw = text.encode()
        out += b"\x79" + len(raw).to_bytes(2, "big") + raw
    return out
