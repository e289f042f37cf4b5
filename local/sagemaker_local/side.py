"""The side URL, `/_local/…`: what a client of AWS never asks.

`GET /_local/health` → `{"status": "ok", "isolation", "isolation_reason", "version", "region", "account"}`, with `--tls`
also `"tls": {"proxy", "ca", "bundle"}`; `GET /_local/ca.pem` → the authority's certificate;
`GET /_local/requests` → the request log as a list, `DELETE` empties it;
`GET /_local/credentials/TOKEN` → a job's credentials in the form of the container credentials endpoint.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from sagemaker_local import __version__
from sagemaker_local.accounts import ACCOUNT
from sagemaker_local.isolation.choice import Isolation
from sagemaker_local.request_log import RequestLog
from sagemaker_local.tls.client_settings import ClientSettings
from sagemaker_local.training.role_sessions import RoleSessions

PREFIX = "/_local/"


class SideUrl:
    """Answers requests below `/_local/`."""

    def __init__(self, region: str, isolation: Isolation, log: RequestLog, sessions: RoleSessions) -> None:
        self._region = region
        self._isolation = isolation
        self._log = log
        self._sessions = sessions
        self.tls: ClientSettings | None = None

    def answer(self, request: Request) -> Response:
        """One request, by path and method."""
        name, _, rest = request.path.removeprefix(PREFIX).partition("/")
        asked = f"{request.method} {name}"
        if asked == "GET health":
            return _json(self._health())
        if asked == "GET requests":
            return _json(self._log.entries())
        if asked == "DELETE requests":
            self._log.clear()
            return _json({})
        if asked == "GET ca.pem" and self.tls:
            return Response(self.tls.ca.read_bytes(), content_type="application/x-pem-file")
        credentials = self._sessions.credentials(rest) if asked == "GET credentials" else None
        if credentials:
            return _json(
                {
                    "AccessKeyId": credentials.access_key,
                    "SecretAccessKey": credentials.secret_key,
                    "Token": credentials.token,
                    "Expiration": credentials.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            )
        return _json({"message": f"nothing at {request.method} {request.path}"}, HTTPStatus.NOT_FOUND)

    def _health(self) -> dict[str, object]:
        return {
            "status": "ok",
            "isolation": self._isolation.kind,
            "isolation_reason": self._isolation.reason,
            "version": __version__,
            "region": self._region,
            "account": ACCOUNT,
            **({"tls": self.tls.told()} if self.tls else {}),
        }


def _json(value: object, status: int = HTTPStatus.OK) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
