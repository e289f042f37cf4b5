"""Pages of a sorted list: a token names the last element that was given, so what comes and goes does not shift it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_local.errors import ServiceError

Entry = Mapping[str, Any]


def page_after(entries: Sequence[Entry], key: str, token: str | None, limit: int) -> tuple[list[Entry], dict[str, str]]:
    """At most `limit` entries after the one that the token names by its `key`, and `{"NextToken"}` if more follow.

    Raises ServiceError ValidationException for a token that names none.
    """
    rest = list(entries)
    if token:
        names = [each[key] for each in rest]
        last = _decode(token)
        if last not in names:
            raise _invalid()
        rest = rest[names.index(last) + 1 :]
    page = rest[:limit]
    more = len(rest) > limit
    return page, {"NextToken": base64.urlsafe_b64encode(str(page[-1][key]).encode()).decode()} if more else {}


def _decode(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error


def _invalid() -> ServiceError:
    return ServiceError("ValidationException", "Invalid pagination token.")
