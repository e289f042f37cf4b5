"""Pages of a list: `nextToken` is the number of entries that were given (assumed: AWS does not publish its form)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sagemaker_local.protocol.errors import ServiceError

_PAGE = 100  # (API reference, DescribeImages: maxResults)
Entry = TypeVar("Entry")


def page(entries: Sequence[Entry], given: Mapping[str, Any]) -> tuple[Sequence[Entry], dict[str, str]]:
    """The entries that a request asks for, and `{"nextToken"}` if more follow. Raises ServiceError."""
    token = str(given.get("nextToken") or "0")
    if not (token.isascii() and token.isdecimal()):
        text = "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid nextToken'"  # (assumed)
        raise ServiceError("InvalidParameterException", text)
    start = int(token)
    end = start + int(given.get("maxResults") or _PAGE)
    return entries[start:end], {"nextToken": str(end)} if end < len(entries) else {}
