"""ECR's authorisation tokens: a password for the user `AWS`, good for the principal that asked, 12 hours long.

(API reference, GetAuthorizationToken; "Private registry authentication" of the user guide.)
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from dataclasses import dataclass

LIFETIME_SECONDS = 12 * 3600.0
_USER = "AWS"


@dataclass(frozen=True)
class Token:
    """Who got it, for the registry of which account and region; `expires` in seconds since 1970."""

    access_key: str
    account: str
    region: str
    expires: float

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return time.time() >= self.expires


def expiry(seconds: float = LIFETIME_SECONDS) -> float:
    """When a token ends that is handed out now."""
    return time.time() + seconds


class Tokens:
    """Those handed out by this server. Safe for many threads."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def issue(self, token: Token) -> str:
        """`authorizationToken`: base64 of `AWS:PASSWORD`."""
        password = secrets.token_urlsafe(48)
        self._tokens[password] = token
        return base64.b64encode(f"{_USER}:{password}".encode()).decode()

    def find(self, authorization: str) -> Token | None:
        """The token in an `Authorization` header, or None if the header has no token that this server gave out."""
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._tokens.get(password) if user == _USER else None
