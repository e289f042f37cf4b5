"""The token issuer by HTTP, below `/_local/oidc`.

`GET /_local/oidc` → `{"request_url", "request_token"}` for a runner to set; `GET …/token?audience=AUD[&sub=SUBJECT]`
with the bearer token → `{"value": JWT}`; `GET …/.well-known/openid-configuration` and `…/.well-known/jwks`.
"""

from __future__ import annotations

from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from sagemaker_local.protocol.wire import plain_json
from sagemaker_local.sts.oidc_tokens import TokenIssuer


def answer_oidc(issuer: TokenIssuer, request: Request, path: str) -> Response | None:
    """The answer to a GET of a path below it; None where there is nothing."""
    if path == "":
        return plain_json(issuer.as_json())
    if path == "token":
        if not issuer.may_ask(request.headers.get("Authorization", "")):
            return plain_json({"message": "the bearer token is not the runner's"}, HTTPStatus.UNAUTHORIZED)
        return plain_json({"value": issuer.issue(request.args.get("audience", ""), request.args.get("sub", ""))})
    if path == ".well-known/openid-configuration":
        return plain_json(issuer.configuration())
    return plain_json(issuer.keys()) if path == ".well-known/jwks" else None
