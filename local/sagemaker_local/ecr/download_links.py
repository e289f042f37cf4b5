"""Links by which anybody downloads one blob for a while, as GetDownloadUrlForLayer gives them.

A link is the blob's address with a signed `ticket` in its query, so that none has to be remembered.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs

from itsdangerous import BadSignature, URLSafeSerializer

from sagemaker_local.ecr.tokens import Token

LINK_SECONDS = 3600.0  # (assumed)
_NAME = "ticket"


class DownloadLinks:
    """Those of this server: its key is its own."""

    def __init__(self) -> None:
        self._serializer = URLSafeSerializer(secrets.token_bytes(32), salt="layer")

    def query(self, token: Token, path: str) -> str:
        """The query that lets a path be read as by this token, as long as that is good."""
        given = [token.access_key, token.account, token.region, token.expires, path]
        return f"{_NAME}={self._serializer.dumps(given)}"

    def find(self, query: str, path: str) -> Token | None:
        """The token that a query stands for; None where it is not one of ours, or another path's."""
        ticket = parse_qs(query).get(_NAME, [""])[0]
        try:
            access_key, account, region, expires, allowed = self._serializer.loads(ticket)
        except BadSignature:
            return None
        return Token(access_key, account, region, expires) if allowed == path else None
