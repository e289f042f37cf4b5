"""The execution roles that running jobs may act as, each behind a secret token that its job's environment holds."""

from __future__ import annotations

import secrets

from sagemaker_local.protocol.credentials import Credentials
from sagemaker_local.sts.sessions import assume

_SESSION_NAME = "SageMaker"


class RoleSessions:
    """Opens and closes sessions; a token is good until its job ended."""

    def __init__(self) -> None:
        self._roles: dict[str, tuple[str, str]] = {}

    def open(self, role_arn: str, region: str) -> str:
        """The token of a new session."""
        token = secrets.token_urlsafe(32)
        self._roles[token] = (role_arn, region)
        return token

    def credentials(self, token: str) -> Credentials | None:
        """Fresh credentials, None for a token that is not open."""
        held = self._roles.get(token)
        return assume(held[0], _SESSION_NAME, held[1]) if held else None

    def close(self, token: str) -> None:
        """No more credentials for this token."""
        del self._roles[token]
