"""The side URL, `/_local/…`: what a client of AWS never asks.

`GET /_local/health` → `{"status": "ok", "isolation", "isolation_reason", "containers",
"containers_reason", "version", "region", "account"}`, with `--tls`
also `"tls": {"proxy", "ca", "bundle"}`; `GET /_local/ca.pem` → the authority's certificate;
`GET /_local/requests` → the request log as a list, `DELETE` empties it;
`GET /_local/faults` → the faults in force, `POST` sets one or a list of them, `DELETE /_local/faults[/ID]` lifts them;
`GET /_local/pace` → `{"time_scale", "log_delay", "clock_ahead", "clock_rate", "clock"}`, `PUT` changes them;
`GET /_local/` and `/_local/jobs/…` → the page for people, see page/site.py;
`GET /_local/oidc…` → tokens, see iam/oidc_url.py;
`GET /_local/credentials/TOKEN` → a job's credentials in the form of the container credentials endpoint.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from sagemaker_local import __version__
from sagemaker_local.faults.fault import parse
from sagemaker_local.page.site import NAMES as PAGES
from sagemaker_local.page.site import Page
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.wire import plain_json
from sagemaker_local.server.request_log import RequestLog
from sagemaker_local.sts.oidc_tokens import TokenIssuer
from sagemaker_local.sts.oidc_url import answer_oidc
from sagemaker_local.training.surroundings import Surroundings

PREFIX = "/_local/"


class SideUrl:
    """Answers requests below `/_local/`."""

    def __init__(self, region: str, log: RequestLog, shared: Surroundings, tokens: TokenIssuer, page: Page) -> None:
        self._region = region
        self._log = log
        self._page = page
        self._shared = shared
        self._sessions = shared.sessions
        self._faults = shared.faults
        self._pace = shared.pace
        self._tokens = tokens

    def answer(self, request: Request) -> Response:
        """One request, by path and method."""
        name, _, rest = request.path.removeprefix(PREFIX).partition("/")
        if name in PAGES:
            return self._page.answer(request)
        asked = f"{request.method} {name}"
        if asked == "GET health":
            return plain_json(self._health())
        if asked == "GET requests":
            return plain_json(self._log.entries())
        if asked == "DELETE requests":
            self._log.clear()
            return plain_json({})
        if name == "oidc" and request.method == "GET":
            return answer_oidc(self._tokens, request, rest) or _not_found(request)
        if name in ("faults", "pace"):
            return self._answer_conditions(request, asked, rest)
        if asked == "GET ca.pem" and self._shared.tls:
            return Response(self._shared.tls.ca.read_bytes(), content_type="application/x-pem-file")
        credentials = self._sessions.credentials(rest) if asked == "GET credentials" else None
        if credentials:
            return plain_json(
                {
                    "AccessKeyId": credentials.access_key,
                    "SecretAccessKey": credentials.secret_key,
                    "Token": credentials.token,
                    "Expiration": credentials.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            )
        return _not_found(request)

    def _answer_conditions(self, request: Request, asked: str, rest: str) -> Response:
        """Faults and pace: what a test or a user changes while the server runs."""
        try:
            if asked == "POST faults":
                given = json.loads(request.get_data())
                faults = [parse(each) for each in (given if isinstance(given, list) else [given])]
                return plain_json([self._faults.add(fault) for fault in faults])
            if asked == "DELETE faults" and (not rest or rest.isdecimal()):
                found = self._faults.remove(int(rest) if rest else None)
                return plain_json({}) if found or not rest else _not_found(request)
            if asked == "PUT pace":
                self._pace.change(json.loads(request.get_data()))
        except ValueError as error:
            return plain_json({"message": str(error)}, HTTPStatus.BAD_REQUEST)
        if asked == "GET faults":
            return plain_json(self._faults.in_force())
        if asked in ("GET pace", "PUT pace"):
            return plain_json(self._pace.as_json())
        return _not_found(request)

    def _health(self) -> dict[str, object]:
        return {
            "status": "ok",
            "isolation": self._shared.isolation.kind,
            "isolation_reason": self._shared.isolation.reason,
            "containers": self._shared.containers.engine is not None,
            "containers_reason": self._shared.containers.reason,
            "version": __version__,
            "region": self._region,
            "account": ACCOUNT,
            **({"tls": self._shared.tls.as_json()} if self._shared.tls else {}),
        }


def _not_found(request: Request) -> Response:
    return plain_json({"message": f"nothing at {request.method} {request.path}"}, HTTPStatus.NOT_FOUND)
