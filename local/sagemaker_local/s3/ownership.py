"""Object Ownership: a bucket whose owner owns every object takes no other ACLs.

Source: S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket".
"""

from __future__ import annotations

from http import HTTPStatus

from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.s3.encryption import ENCRYPTING
from sagemaker_local.s3.store import ownership_of

_SETTING = (*ENCRYPTING, "PutObjectAcl", "PutBucketAcl")
_OWNERS = "bucket-owner-full-control"


def check_acl(call: Call) -> None:
    """Raise ServiceError for an ACL that the bucket does not take."""
    if call.operation not in _SETTING or ownership_of(call.parameters["Bucket"]) != "BucketOwnerEnforced":
        return
    given = call.parameters["Acl"]
    if call.parameters["Grants"] or (given or _OWNERS) != _OWNERS:
        raise ServiceError("AccessControlListNotSupported", "The bucket does not allow ACLs", HTTPStatus.BAD_REQUEST)
