"""The IAM actions and resources that a call needs (AWS Service Authorization Reference)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.protocol.call import Call
from sagemaker_local.s3.encryption import read_with, written_with
from sagemaker_local.s3.kms_keys import S3_KEY, alias_of, key_arn
from sagemaker_local.s3.operations import ACTIONS as S3_ACTIONS
from sagemaker_local.secret_stores.kept import key_of_value, parameter_arn, secret_arn


@dataclass(frozen=True)
class Permission:
    """`action` as in a policy (`s3:PutObject`) on the ARN `resource`, or on `*` where the service knows none."""

    action: str
    resource: str


def permissions_of(call: Call, account: str) -> list[Permission]:
    """What a policy must allow for the call to pass; the call's own action first."""
    own = S3_ACTIONS.get(call.operation, call.operation) if call.service == "s3" else call.operation
    find_resource = _RESOURCE_OF.get(call.service)
    resource = find_resource(call, account) if find_resource else "*"
    permissions = [Permission(f"{call.service}:{own}", resource)]
    further = _FURTHER.get((call.service, call.operation))
    permissions += further(call.parameters, resource) if further else []
    return permissions + _keys(call)


def _s3_resource(call: Call, account: str) -> str:
    del account  # bucket ARNs name none
    bucket, key = call.parameters["Bucket"], call.parameters["Key"]
    if not bucket:
        return "*"
    if call.operation == "DeleteObjects":
        key = next(iter(call.parameters["DeletedKeys"]), "*")
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _keys(call: Call) -> list[Permission]:
    """What S3, ECR, Secrets Manager or Systems Manager ask KMS for in the caller's name.

    Sources: S3 user guide, "Protecting data using server-side encryption with AWS KMS" and "Multipart upload API and
    permissions"; ECR user guide, "Encryption at rest"; Secrets Manager user guide, "Secret encryption and decryption";
    Systems Manager user guide, "AWS KMS encryption for SecureString parameters".
    """
    if call.service in ("secretsmanager", "ssm"):
        key = key_of_value(call)
        return [Permission("kms:Decrypt", key_arn(key, call.region))] if key else []
    if call.service == "ecr" and call.operation == "CreateRepository":
        key = (call.parameters.get("encryptionConfiguration") or {}).get("kmsKey")
        return [Permission(f"kms:{name}", key_arn(key, call.region)) for name in ("DescribeKey", "CreateGrant") if key]
    if call.service != "s3":
        return []
    found = written_with(call)
    needed: list[tuple[str, str | None]] = []
    if found and found.key:
        begins = call.operation in ("PutObject", "CopyObject", "CreateMultipartUpload")
        needed.append(("kms:GenerateDataKey" if begins else "kms:Decrypt", found.key))
    if call.operation == "GetObject":
        needed.append(("kms:Decrypt", read_with(call.parameters["Bucket"], call.parameters["Key"])))
    if call.parameters["CopySource"]:
        source, _, name = call.parameters["CopySource"].partition("/")
        needed.append(("kms:Decrypt", read_with(source, name)))
    return [Permission(action, key) for action, key in needed if key and alias_of(key) != S3_KEY]


def _iam_resource(call: Call, account: str) -> str:
    given = call.parameters
    for name in ("OpenIDConnectProviderArn", "PolicySourceArn"):
        if name in given:
            return str(given[name])
    path = given.get("Path", "/")
    for name, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group")):
        if name in given:
            return f"arn:aws:iam::{account}:{kind}{path}{given[name]}"
    if call.operation == "CreatePolicy":
        return f"arn:aws:iam::{account}:policy{path}{given.get('PolicyName', '')}"
    return str(given.get("PolicyArn", "*"))


def _sts_resource(call: Call, account: str) -> str:
    del account
    return str(call.parameters.get("RoleArn", "*"))


def _ecr_resource(call: Call, account: str) -> str:
    prefix = f"arn:aws:ecr:{call.region}:{account}:repository/"
    if call.operation == "GetAuthorizationToken":
        return "*"
    if "resourceArn" in call.parameters:
        return str(call.parameters["resourceArn"])
    names = call.parameters.get("repositoryNames") or ["*"]
    return prefix + str(call.parameters.get("repositoryName", names[0]))


def _logs_resource(call: Call, account: str) -> str:
    group = str(call.parameters.get("logGroupName") or "")
    prefix = f"arn:aws:logs:{call.region}:{account}:log-group:{group}"
    if call.operation in ("GetLogEvents", "PutLogEvents", "CreateLogStream"):
        return f"{prefix}:log-stream:{call.parameters.get('logStreamName', '')}"
    return f"{prefix}:*" if group else f"{prefix}*"


def _sagemaker_resource(call: Call, account: str) -> str:
    if "ResourceArn" in call.parameters:
        return str(call.parameters["ResourceArn"])
    name = call.parameters.get("TrainingJobName")
    if not name:
        return "*"
    return f"arn:aws:sagemaker:{call.region}:{account}:training-job/{str(name).lower()}"


def _copy(parameters: Mapping[str, Any], _resource: str) -> list[Permission]:
    return [Permission("s3:GetObject", f"arn:aws:s3:::{parameters['CopySource']}")]


def _deleted(parameters: Mapping[str, Any], _resource: str) -> list[Permission]:
    """AWS judges each object by itself and deletes those that it may; here one that is denied refuses them all."""
    bucket = parameters["Bucket"]
    return [Permission("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{key}") for key in parameters["DeletedKeys"][1:]]


def _tags_and_acl(parameters: Mapping[str, Any], resource: str) -> list[Permission]:
    tagging = [Permission("s3:PutObjectTagging", resource)] if parameters["Tagged"] else []
    return [*tagging, Permission("s3:PutObjectAcl", resource)] if parameters["Acl"] or parameters["Grants"] else tagging


def _create_training_job(parameters: Mapping[str, Any], resource: str) -> list[Permission]:
    needed = [Permission("iam:PassRole", str(parameters.get("RoleArn", "*")))]
    return [*needed, Permission("sagemaker:AddTags", resource)] if parameters.get("Tags") else needed


_RESOURCE_OF: dict[str, Callable[[Call, str], str]] = {
    "s3": _s3_resource,
    "iam": _iam_resource,
    "sts": _sts_resource,
    "ecr": _ecr_resource,
    "logs": _logs_resource,
    "sagemaker": _sagemaker_resource,
    "secretsmanager": lambda call, _account: secret_arn(call),
    "ssm": lambda call, _account: parameter_arn(call),
}
_FURTHER: dict[tuple[str, str], Callable[[Mapping[str, Any], str], list[Permission]]] = {
    ("s3", "CopyObject"): _copy,
    ("s3", "UploadPartCopy"): _copy,
    ("s3", "DeleteObjects"): _deleted,
    ("s3", "PutObject"): _tags_and_acl,
    ("s3", "CreateMultipartUpload"): _tags_and_acl,
    ("sagemaker", "CreateTrainingJob"): _create_training_job,
}
