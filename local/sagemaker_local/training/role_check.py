"""Permissions that an execution role lacks: a job fails in the phase that needs one, in SageMaker's words where known.

S3 is judged as the job reads and writes it; here are the permissions that nothing of the job's own requests needs
(SageMaker developer guide, "CreateTrainingJob API: execution role permissions" and "Give SageMaker training jobs access
to resources in your Amazon VPC").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from sagemaker_local.iam.judge import Judge
from sagemaker_local.s3.kms_keys import key_arn
from sagemaker_local.sagemaker.record import TrainingJob

_VPC = [
    *("ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"),
    *("ec2:DeleteNetworkInterfacePermission", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"),
    *("ec2:DescribeDhcpOptions", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"),
]
_DENIED = ("AccessDenied", "403")


class RoleLacks(Exception):  # noqa: N818 - how a job ends
    """The execution role lacks a permission; the text is the job's FailureReason."""


def check_before_start(job: TrainingJob, judge: Judge) -> None:
    """Raise RoleLacks for the network interfaces or the volume's key."""
    if "VpcConfig" in job.request:
        _check(job, judge, _VPC, "*")
    key = job.request["ResourceConfig"].get("VolumeKmsKeyId")
    if key:
        _check(job, judge, ["kms:CreateGrant"], key_arn(key, job.region))


def check_before_upload(job: TrainingJob, judge: Judge) -> None:
    """Raise RoleLacks for the output's key."""
    key = job.request["OutputDataConfig"].get("KmsKeyId")
    if key:
        _check(job, judge, ["kms:GenerateDataKey"], key_arn(key, job.region))


@contextmanager
def downloading(uri: str) -> Iterator[None]:
    """Raises RoleLacks where the role may not read an object (text as recorded)."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise
        reason = f"ClientError: Data download failed:Unable to download object {uri} (AccessDenied: Access Denied)"
        raise RoleLacks(reason) from error


@contextmanager
def uploading(what: str) -> Iterator[None]:
    """Raises RoleLacks where the role may not write (an artifact's text as reported, a checkpoint's (assumed))."""
    try:
        yield
    except Exception as error:  # boto3's transfer wraps what S3 answered
        if not any(code in str(error) for code in ("AccessDenied", "(403)")):
            raise
        raise RoleLacks(f"ClientError: {what} upload failed:Error 7: AccessDenied (403): Access Denied") from error


def _check(job: TrainingJob, judge: Judge, actions: list[str], resource: str) -> None:
    role = str(job.request["RoleArn"])
    lacking = [action for action in actions if not judge.role_may(role, action, resource)]
    if lacking:  # (assumed)
        raise RoleLacks(
            f"ClientError: The execution role {role} is not authorized to perform: {', '.join(lacking)} on resource: "
            f"{resource}"
        )
