"""Pages of a list. A token names the last element that was given: what comes and goes does not shift the next page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from sagemaker_local.protocol.errors import ServiceError

Entry = TypeVar("Entry")


def page_after(
    entries: Sequence[Entry], name: Callable[[Entry], str], token: str | None, limit: int, refusal: tuple[str, str]
) -> tuple[list[Entry], str]:
    """At most `limit` entries after the one that a token names, and the next page's token: `""` on the last page.

    `name` is of one entry only. Raises ServiceError with code and text of `refusal` for a token of no entry.
    """
    rest = list(entries)
    if token:
        names = [name(each) for each in rest]
        last = _decode(token)
        if last not in names:
            raise ServiceError(*refusal)
        rest = rest[names.index(last) + 1 :]
    page = rest[:limit]
    return page, base64.urlsafe_b64encode(name(page[-1]).encode()).decode() if len(rest) > limit else ""


def _decode(token: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError):
        return None
