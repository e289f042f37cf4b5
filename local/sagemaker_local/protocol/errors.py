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
    """The error that a service answers with; `details` are further fields, `headers` are a registry's or S3's."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = HTTPStatus.BAD_REQUEST,
        *,
        details: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.details = details or {}
        self.headers = headers or {}
        self.code = code
        self.message = message
        self.status = int(status)


def error_response(service: str, error: ServiceError) -> Response:
    """`error` as `service` writes it."""
    request_id = str(uuid.uuid4())
    if service == "s3":
        fields = {"Code": error.code, "Message": error.message, **error.details, "RequestId": request_id}
        body = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())
        headers = {"x-amz-request-id": request_id, **error.headers}
        return Response(_declared(f"<Error>{body}</Error>"), error.status, headers, content_type="application/xml")
    if service in ("iam", "sts"):
        kind = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
        body = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{error.code}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        headers = {"x-amzn-RequestId": request_id, **error.headers}
        return Response(_declared(body), error.status, headers, content_type=_XML)
    return Response(
        json.dumps({"__type": error.code, "message": error.message, **error.details}),
        error.status,
        {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code, **error.headers},
        content_type="application/x-amz-json-1.1",
    )


def code_of(response: Response) -> str:
    """The error code of an answer in any service's form; empty for a success, and where the answer names none."""
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return ""
    header = response.headers.get("x-amzn-ErrorType") or response.headers.get("x-amzn-query-error", "")
    if header or response.is_streamed:
        return header.partition(";")[0]
    match = _CODE.search(response.get_data())
    return (match[1] or match[2]).decode("utf-8", "replace").rpartition("#")[2] if match else ""


def _declared(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
