"""Refusals that every service has, in the words of the one that is called.

Sources: AWS API references, "Common Errors" (S3's `SlowDown` and `InternalError` are in its list of error codes);
botocore's service models (ServiceFailure of IAM, ServiceUnavailableException of Logs, ServerException of ECR);
IAM user guide, "Troubleshoot access denied" and "Troubleshoot signed requests for AWS APIs" (a signature's time).
"""

from __future__ import annotations

from datetime import datetime, timedelta
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
_OUT_OF_ORDER = {
    "s3": ("InternalError", "We encountered an internal error. Please try again.", HTTPStatus.INTERNAL_SERVER_ERROR),
    "iam": ("ServiceFailure", "Service failure", HTTPStatus.INTERNAL_SERVER_ERROR),
    "sts": (
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
        HTTPStatus.INTERNAL_SERVER_ERROR,
    ),
    "logs": (
        "ServiceUnavailableException",
        "The service cannot complete the request.",
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    "ecr": ("ServerException", "Internal server error", HTTPStatus.INTERNAL_SERVER_ERROR),
    "servicequotas": ("ServiceException", "Something went wrong.", HTTPStatus.INTERNAL_SERVER_ERROR),
    "pricing": ("InternalErrorException", "An error on the server occurred.", HTTPStatus.INTERNAL_SERVER_ERROR),
}
_OUT_OF_ORDER_ELSEWHERE = ("InternalFailure", "Internal failure", HTTPStatus.INTERNAL_SERVER_ERROR)
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


def throttled(call: Call, retry_after: float | None = None) -> ServiceError:
    """The refusal of one request too many; with the seconds after which the service says to come again, if it does.

    The header is the one that AWS's SDKs read: botocore's `retries/standard.py`. It is in milliseconds.
    """
    headers = {} if retry_after is None else {"x-amz-retry-after": str(round(1000 * retry_after))}
    return ServiceError(*_THROTTLED.get(call.service, _THROTTLED_ELSEWHERE), headers=headers)


def out_of_order(call: Call) -> ServiceError:
    """The service's own fault. S3 has sent the head of some answers, with 200, before it fails.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html, as CopyObject.
    """
    if call.service == "s3" and call.operation in ("CompleteMultipartUpload", "CopyObject"):
        code, text, _ = _OUT_OF_ORDER["s3"]
        return ServiceError(code, text, HTTPStatus.OK)
    return ServiceError(*_OUT_OF_ORDER.get(call.service, _OUT_OF_ORDER_ELSEWHERE))


def mistimed(call: Call, signed: datetime, now: datetime) -> ServiceError | None:
    """The refusal of a request that was signed too long ago or in the future, by AWS's clock; None for another one.

    The limits are five minutes, for S3 fifteen.
    """
    limit = timedelta(minutes=15 if call.service == "s3" else 5)
    if abs(now - signed) <= limit:
        return None
    if call.service == "s3":
        text = "The difference between the request time and the current time is too large."
        details: dict[str, str | int] = {
            "RequestTime": _stamp(signed),
            "ServerTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "MaxAllowedSkewMilliseconds": limit // timedelta(milliseconds=1),
        }
        return ServiceError("RequestTimeTooSkewed", text, HTTPStatus.FORBIDDEN, details=details)
    if signed < now:
        border, sign, words = now - limit, "-", "Signature expired: {} is now earlier than {}"
    else:
        border, sign, words = now + limit, "+", "Signature not yet current: {} is still later than {}"
    text = f"{words.format(_stamp(signed), _stamp(border))} ({_stamp(now)} {sign} 5 min.)"
    if call.service in ("iam", "sts"):
        return ServiceError("SignatureDoesNotMatch", text, HTTPStatus.FORBIDDEN)
    return ServiceError("InvalidSignatureException", text)


def _stamp(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ")


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
