"""Who calls, and sessions of roles: moto's tables of STS, without a request, so that the request log has none of it."""

from __future__ import annotations

from datetime import timedelta

from moto.core.utils import utcnow
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends

from sagemaker_local.protocol.accounts import PARTITION, account_of
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.clock import clock
from sagemaker_local.protocol.credentials import Credentials

_SESSION_SECONDS = 3600
_SESSION_KEY = "ASIA"  # how access keys of sessions begin (IAM user guide, "Unique identifiers")
_service_keys: set[str] = set()


def caller_of(call: Call) -> str:
    """The ARN of a call's principal; `anonymous` for an unsigned one.

    To be asked before the call runs: it may delete its own user.
    """
    if not call.access_key:
        return "anonymous"
    account = str(get_account_id_from(call.access_key))
    return sts_backends[account][PARTITION].get_caller_identity(call.access_key, call.region)[1]


def assume(
    role_arn: str, session: str, region: str, *, seconds: int = _SESSION_SECONDS, service: bool = True
) -> Credentials:
    """A new session of a role; of a `service`, as for a job, by default."""
    backend = sts_backends[account_of(role_arn)][PARTITION]
    role = backend.assume_role(region, session, role_arn, "", seconds, "")
    if service:
        _service_keys.add(role.access_key_id)
    else:
        role.expiration = clock.utc() + timedelta(seconds=seconds)
    return Credentials(role.access_key_id, role.secret_access_key, role.session_token, role.expiration)


def has_expired(access_key: str | None) -> bool:
    """Whether these are credentials of a session that is over."""
    if not access_key or not access_key.startswith(_SESSION_KEY):
        return False
    backend = sts_backends[str(get_account_id_from(access_key))][PARTITION]
    session = backend.get_assumed_role_from_access_key(access_key)
    # A service renews its own by this machine's clock.
    now = utcnow() if access_key in _service_keys else clock.utc()
    return session is not None and session.expiration < now


def end_session(access_key: str | None) -> None:
    """The session of these credentials, if they are one's, is over."""
    if access_key and access_key.startswith(_SESSION_KEY):
        backend = sts_backends[str(get_account_id_from(access_key))][PARTITION]
        session = backend.get_assumed_role_from_access_key(access_key)
        if session:
            session.expiration = clock.utc()


def is_service_session(access_key: str | None) -> bool:
    """Whether these are credentials of a service's session, which `assume` made: a job's."""
    return access_key in _service_keys
