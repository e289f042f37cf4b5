"""STS's AssumeRoleWithWebIdentity: sessions for those who have an OpenID Connect token; protocol Query.

A role that is known here must trust the token's provider. One that is not, as the AWS role that a workflow names, gives
a session of that name in this account, so that the workflow runs unchanged.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.accounts import ACCOUNT, assume, trust_of
from sagemaker_local.call import Call
from sagemaker_local.errors import ServiceError
from sagemaker_local.iam.policy import Request, trusts
from sagemaker_local.iam.tokens import GITHUB, ExpiredTokenError, InvalidTokenError, TokenIssuer

_ACTION = "sts:AssumeRoleWithWebIdentity"
_AUDIENCE = "sts.amazonaws.com"
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/([\w+=,.@/-]+)")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}")


def assume_role_with_web_identity(issuer: TokenIssuer, call: Call) -> Response:
    """A session. Raises ServiceError in the words of STS."""
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
    return _answer(arn, session, int(seconds), claims, call.region)


def _trusted(trust: dict[str, Any], claims: dict[str, Any]) -> bool:
    """By its Federated principal, GitHub's provider, whose claims are condition keys; ours stands for GitHub."""
    host = GITHUB.removeprefix("https://")
    context = {f"{host}:{name}": [str(claims[name])] for name in ("aud", "sub") if name in claims}
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    return trusts(trust, Request(_ACTION, "*", context), "Federated", provider)


def _answer(arn: str, session: str, seconds: int, claims: dict[str, Any], region: str) -> Response:
    given = assume(arn, session, region, seconds=seconds, service=False)
    expires = given.expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    body = (
        f'<AssumeRoleWithWebIdentityResponse xmlns="{_NAMESPACE}"><AssumeRoleWithWebIdentityResult>'
        f"<Audience>{_AUDIENCE}</Audience><AssumedRoleUser>"
        f"<Arn>arn:aws:sts::{account}:assumed-role/{name}/{session}</Arn>"
        f"<AssumedRoleId>AROA:{session}</AssumedRoleId></AssumedRoleUser>"
        f"<Credentials><AccessKeyId>{given.access_key}</AccessKeyId><SecretAccessKey>{given.secret_key}"
        f"</SecretAccessKey><SessionToken>{given.token}</SessionToken><Expiration>{expires}</Expiration></Credentials>"
        f"<Provider>{_escaped(str(claims['iss']))}</Provider>"
        f"<SubjectFromWebIdentityToken>{_escaped(str(claims.get('sub', '')))}</SubjectFromWebIdentityToken>"
        "</AssumeRoleWithWebIdentityResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        "</AssumeRoleWithWebIdentityResponse>"
    )
    return Response(body, content_type="text/xml")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
