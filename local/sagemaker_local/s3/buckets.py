"""Whose a bucket is and where: what S3 asks before anything else of a request.

A bucket of another account, or a wrong ExpectedBucketOwner, is refused; a request signed for another region than the
bucket's is sent there by a 301, as path-style requests are (S3 user guide, "Making requests", and API reference).
"""

from __future__ import annotations

from http import HTTPStatus

from sagemaker_local.protocol.accounts import account_of
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.s3.bucket_policies import forget_policy
from sagemaker_local.s3.store import bucket_owner, bucket_region, make_bucket, set_new_ownership

STRANGER = "111122223333"
STRANGERS_BUCKET = "strangers-bucket"
# What is answered wherever it is asked.
_ANYWHERE = ("GetBucketLocation", "CreateBucket")


def make_buckets(region: str, strangers: tuple[str, ...], elsewhere: tuple[tuple[str, str], ...]) -> None:
    """The buckets that a server has from the start: of a stranger, and of our own in another region."""
    for name in dict.fromkeys((STRANGERS_BUCKET, *strangers)):
        make_bucket(name, region, STRANGER)
    for name, other in elsewhere:
        make_bucket(name, other)


def adopt_buckets(region: str, names: list[str]) -> None:
    """Make known the buckets that the S3 server has already."""
    for name in names:
        make_bucket(name, region)


def check_bucket(call: Call, caller: str) -> None:
    """Raise ServiceError if the request's bucket refuses it."""
    if call.service != "s3" or not call.parameters["Bucket"]:
        return
    source = str(call.parameters["CopySource"]).partition("/")[0]
    _check_owner(call.parameters["Bucket"], call.parameters["ExpectedBucketOwner"], call, caller)
    _check_owner(source, call.parameters["SourceExpectedBucketOwner"], call, caller)
    region = bucket_region(call.parameters["Bucket"])
    signed = call.parameters["SignedRegion"]
    if region and signed not in ("", region) and call.operation not in _ANYWHERE:
        raise _elsewhere(call.parameters["Bucket"], region)


def note_bucket(call: Call, status: int) -> None:
    """A call was answered: a new bucket has no policy, and its owner owns what is in it."""
    if call.operation in ("CreateBucket", "DeleteBucket") and status < HTTPStatus.MULTIPLE_CHOICES:
        forget_policy(call.parameters["Bucket"])
        if call.operation == "CreateBucket":
            set_new_ownership(call.parameters["Bucket"])


def _check_owner(bucket: str, expected: str, call: Call, caller: str) -> None:
    owner = bucket_owner(bucket)
    if owner is None:
        return
    if call.operation == "CreateBucket" and owner != account_of(caller):
        raise ServiceError(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again.",
            HTTPStatus.CONFLICT,
        )
    if owner != account_of(caller) or owner != (expected or owner):
        raise ServiceError("AccessDenied", "Access Denied", HTTPStatus.FORBIDDEN)


def _elsewhere(bucket: str, region: str) -> ServiceError:
    return ServiceError(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all "
        "future requests to this endpoint.",
        HTTPStatus.MOVED_PERMANENTLY,
        details={"Endpoint": f"{bucket}.s3.{region}.amazonaws.com", "Bucket": bucket},
        headers={"x-amz-bucket-region": region},
    )
