"""One request, read: which operation of which service it calls, and with what."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Call:
    """`parameters` is the JSON body, the form, or S3's `Bucket`, `Key` and query.

    `by_registry`: whether it speaks the registry's protocol, as docker does, and not ECR's own. `received`: when it
    arrived, in seconds since 1970.
    """

    service: str
    operation: str
    region: str
    access_key: str | None
    parameters: Mapping[str, Any]
    by_registry: bool = False
    received: float = field(default_factory=time.time)


Answer: TypeAlias = Mapping[str, Any]  # of a JSON service, by the model's member names
Operation: TypeAlias = Callable[[Call], Answer]


def read_body(environ: dict[str, Any]) -> bytes:
    """The body of a WSGI request, left readable for whoever comes next."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
