"""Refusals that every service has, in the words of the one that is called.

Sources: AWS API references, "Common Errors" (S3's `SlowDown` is a 503); IAM user guide, "Troubleshoot access denied".
"""

from __future__ import annotations

from http import HTTPStatus

from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError

_THROTTLED = {
    "s3": ("SlowDown", "Please reduce your request rate.", HTTPStatus.SERVICE_UNAVAILABLE),
    "iam": ("Throttling", "Rate exceeded", HTTPStatus.BAD_REQUEST),
    "sts": ("Throttling", "Rate exceeded", HTTPStatus.BAD_REQUEST),
    "servicequotas": ("TooManyRequestsException", "Rate exceeded", HTTPStatus.BAD_REQUEST),
}
_THROTTLED_ELSEWHERE = ("ThrottlingException", "Rate exceeded", HTTPStatus.BAD_REQUEST)
_EXPIRED = {
    "s3": ("ExpiredToken", "The provided token has expired.", HTTPStatus.BAD_REQUEST),
    "iam": ("ExpiredToken", "The security token included in the request is expired", HTTPStatus.FORBIDDEN),
    "sts": ("ExpiredToken", "The security token included in the request is expired", HTTPStatus.FORBIDDEN),
}
_EXPIRED_ELSEWHERE = (
    "ExpiredTokenException",
    "The security token included in the request is expired",
    HTTPStatus.BAD_REQUEST,
)


def throttled(call: Call) -> ServiceError:
    """The refusal of one request too many."""
    return ServiceError(*_THROTTLED.get(call.service, _THROTTLED_ELSEWHERE))


def expired(call: Call) -> ServiceError:
    """The refusal of a session that is over, in the words of the called service."""
    return ServiceError(*_EXPIRED.get(call.service, _EXPIRED_ELSEWHERE))


def denied(call: Call, caller: str, action: str, why: str) -> ServiceError:
    """AccessDenied in the words of the called service; `why` closes the sentence."""
    text = f"User: {caller} is not authorized to perform: {action} {why}"
    if call.service in ("s3", "iam", "sts"):
        return ServiceError("AccessDenied", text, HTTPStatus.FORBIDDEN)
    return ServiceError("AccessDeniedException", text)


def unknown_operation(call: Call) -> ServiceError:
    """The refusal of an operation that is not served here."""
    service, name = call.service, call.operation or "(none)"
    if service == "s3":
        return ServiceError("NotImplemented", f"{name} is not implemented.", HTTPStatus.NOT_IMPLEMENTED)
    if service in ("iam", "sts"):
        return ServiceError("InvalidAction", f"Could not find operation {name} for {service}.")
    return ServiceError("UnknownOperationException", f"The operation {name} of {service} is not known here.")
