"""OpenID Connect tokens as GitHub's: signed JWTs that live five minutes, for runs that have none of their own.

A client asks `request_url` with `&audience=AUD` appended and the bearer token, and gets `{"value": JWT}` (GitHub,
"OpenID Connect reference"). Verified are tokens of ours by signature, issuer, audience and expiry; of GitHub's own
tokens, which a run may have, all but the signature, for nothing here asks the outside.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import threading
import uuid
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from sagemaker_local.protocol.clock import clock

GITHUB = "https://token.actions.githubusercontent.com"
_SECONDS = 300
_DEFAULT_SUBJECT = "repo:local/local:ref:refs/heads/main"
Claims = dict[str, Any]


class InvalidTokenError(Exception):
    """The token cannot be verified, or is not meant for AWS."""


class ExpiredTokenError(Exception):
    """The token was valid and has expired."""


class TokenIssuer:
    """Issues and verifies; `url` is the server's, known once it listens."""

    def __init__(self) -> None:
        self.url = ""
        self.request_token = secrets.token_urlsafe(24)
        self._key_id = uuid.uuid4().hex
        self._made_key: rsa.RSAPrivateKey | None = None
        self._making = threading.Lock()

    @property
    def _key(self) -> rsa.RSAPrivateKey:
        """Made when it is first needed: that takes up to a fifth of a second, and few servers ever issue a token."""
        with self._making:
            if self._made_key is None:
                self._made_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return self._made_key

    @property
    def issuer(self) -> str:
        """The `iss` of the tokens."""
        return f"{self.url}/_local/oidc"

    def as_json(self) -> dict[str, str]:
        """What a runner sets: ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN."""
        return {"request_url": f"{self.issuer}/token?api-version=2.0", "request_token": self.request_token}

    def may_ask(self, authorization: str) -> bool:
        """Whether an Authorization header is that of the runner."""
        return hmac.compare_digest(authorization.removeprefix("Bearer ").removeprefix("bearer "), self.request_token)

    def issue(self, audience: str, subject: str = "") -> str:
        """A fresh token."""
        now = int(clock.now())
        claims: Claims = {
            "iss": self.issuer,
            "sub": subject or _DEFAULT_SUBJECT,
            "aud": audience or self.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + _SECONDS,
            "jti": str(uuid.uuid4()),
        }
        head = _encode(json.dumps({"typ": "JWT", "alg": "RS256", "kid": self._key_id}).encode())
        signed = f"{head}.{_encode(json.dumps(claims).encode())}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{_encode(signature)}"

    def verify(self, token: str, audience: str) -> Claims:
        """The claims of a token for an audience. Raises InvalidTokenError, ExpiredTokenError."""
        try:
            head, body, signature = token.split(".")
            claims: Claims = json.loads(_decode(body))
            issuer, expires = claims["iss"], float(claims["exp"])
            if issuer == self.issuer:
                public = self._key.public_key()
                public.verify(_decode(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), SHA256())
        except (ValueError, KeyError, TypeError, binascii.Error, InvalidSignature) as error:
            raise InvalidTokenError("The web identity token cannot be verified.") from error
        if issuer not in (self.issuer, GITHUB):
            raise InvalidTokenError(f"No OpenIDConnect provider found in your account for {issuer}")
        if expires < clock.now():
            raise ExpiredTokenError("Token expired")
        if claims.get("aud") != audience:
            raise InvalidTokenError("Incorrect token audience")
        return claims

    def configuration(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/.well-known/jwks",
            "subject_types_supported": ["public"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        """The public key (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self._key_id}
        return {"keys": [{**key, "n": _number(numbers.n), "e": _number(numbers.e)}]}


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(value: int) -> str:
    return _encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))
