"""STS's AssumeRoleWithWebIdentity: sessions for those who have an OpenID Connect token.

A role that is known here must trust the token's provider. One that is not, as the AWS role that a workflow names, gives
a session of that name in this account, so that the workflow runs unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.iam.policy import Request, trusts
from sagemaker_local.iam.roles import trust_of
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.wire import query_answer
from sagemaker_local.sts.oidc_tokens import GITHUB, ExpiredTokenError, InvalidTokenError, TokenIssuer
from sagemaker_local.sts.sessions import assume

_ACTION = "sts:AssumeRoleWithWebIdentity"
_AUDIENCE = "sts.amazonaws.com"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/([\w+=,.@/-]+)")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}")


def assume_role_with_web_identity(issuer: TokenIssuer, lasts: Callable[[float], float], call: Call) -> Response:
    """A session, which `lasts` so many of the seconds that were asked for. Raises ServiceError in the words of STS."""
    given = call.parameters
    role = _ROLE.fullmatch(str(given.get("RoleArn", "")))
    session = str(given.get("RoleSessionName", ""))
    seconds = str(given.get("DurationSeconds", "3600"))
    if not role or not _SESSION.fullmatch(session):
        raise ServiceError("ValidationError", "RoleArn or RoleSessionName is invalid.")
    if not (seconds.isdecimal() and 900 <= int(seconds) <= 43_200):
        raise ServiceError("ValidationError", f"DurationSeconds {seconds} is not between 900 and 43200.")
    try:
        claims = issuer.verify(str(given.get("WebIdentityToken", "")), _AUDIENCE)
    except ExpiredTokenError as error:
        raise ServiceError("ExpiredTokenException", f"{error}: current date/time must be before its expiry.") from error
    except InvalidTokenError as error:
        raise ServiceError("InvalidIdentityToken", str(error)) from error
    arn = role[0]
    trust = trust_of(arn)
    if trust is None:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role[2].rpartition('/')[2]}"
    elif not _trusted(trust, claims):
        raise ServiceError("AccessDenied", f"Not authorized to perform {_ACTION}", 403)
    return _answer(call, arn, session, round(lasts(int(seconds))), claims)


def _trusted(trust: dict[str, Any], claims: dict[str, Any]) -> bool:
    """By its Federated principal, GitHub's provider, whose claims are condition keys; ours stands for GitHub."""
    host = GITHUB.removeprefix("https://")
    context = {f"{host}:{name}": [str(claims[name])] for name in ("aud", "sub") if name in claims}
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    return trusts(trust, Request(_ACTION, "*", context), "Federated", provider)


def _answer(call: Call, arn: str, session: str, seconds: int, claims: dict[str, Any]) -> Response:
    given = assume(arn, session, call.region, seconds=seconds, service=False)
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    value = {
        "Credentials": {
            "AccessKeyId": given.access_key,
            "SecretAccessKey": given.secret_key,
            "SessionToken": given.token,
            "Expiration": given.expiration.replace(microsecond=0),
        },
        "SubjectFromWebIdentityToken": str(claims.get("sub", "")),
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROA:{session}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        },
        "Provider": str(claims["iss"]),
        "Audience": _AUDIENCE,
    }
    return query_answer(call, value)
