"""The body of a request of docker, in blocks, while it arrives. All raise ServiceError for one that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, BinaryIO

from sagemaker_local.protocol.errors import ServiceError

_BLOCK = 1 << 18


def length_of(environ: dict[str, Any]) -> int | None:
    """How many bytes the client says that it sends; None where it sends chunks and does not say."""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    length = str(environ.get("CONTENT_LENGTH") or "0")
    if not (length.isascii() and length.isdecimal()):
        raise ServiceError("SIZE_INVALID", f'"{length}" is not a valid Content-Length: send the number of bytes.')
    return int(length)


def blocks_of(environ: dict[str, Any]) -> Iterator[bytes]:
    """All of it."""
    source: BinaryIO = environ["wsgi.input"]
    left = length_of(environ)
    while left != 0:
        try:
            block = source.read(_BLOCK if left is None else min(left, _BLOCK))
        except OSError as error:
            raise _broken(str(error)) from error
        if not block and left is None:
            return
        if not block:
            raise _broken(f"{left} bytes are missing")
        yield block
        left = None if left is None else left - len(block)


def whole(environ: dict[str, Any], most: int) -> bytes:
    """All of it at once. Raises ServiceError SIZE_INVALID for one of more than `most` bytes too."""
    body = b""
    for block in blocks_of(environ):
        body += block
        if len(body) > most:
            raise ServiceError(
                "SIZE_INVALID", f"The body has more than {most} bytes.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            )
    return body


def _broken(why: str) -> ServiceError:
    return ServiceError("SIZE_INVALID", f"The body of the request breaks off: {why}.")
