"""The keys of a session, by which a client signs its requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Credentials:
    """A session of an assumed role, which ends at `expiration` (UTC)."""

    access_key: str
    secret_key: str
    token: str
    expiration: datetime
