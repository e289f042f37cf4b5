"""The token issuer by HTTP, below `/_local/oidc`.

`GET /_local/oidc` → `{"request_url", "request_token"}` for a runner to set; `GET …/token?audience=AUD[&sub=SUBJECT]`
with the bearer token → `{"value": JWT}`; `GET …/.well-known/openid-configuration` and `…/.well-known/jwks`.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from sagemaker_local.iam.tokens import TokenIssuer


def answer_oidc(issuer: TokenIssuer, request: Request, path: str) -> Response | None:
    """The answer to a GET of a path below it; None where there is nothing."""
    if path == "":
        return _json(issuer.told())
    if path == "token":
        if not issuer.may_ask(request.headers.get("Authorization", "")):
            return _json({"message": "the bearer token is not the runner's"}, HTTPStatus.UNAUTHORIZED)
        return _json({"value": issuer.issue(request.args.get("audience", ""), request.args.get("sub", ""))})
    if path == ".well-known/openid-configuration":
        return _json(issuer.configuration())
    return _json(issuer.keys()) if path == ".well-known/jwks" else None


def _json(value: object, status: int = HTTPStatus.OK) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
