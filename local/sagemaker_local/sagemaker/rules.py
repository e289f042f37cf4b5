"""What SageMaker refuses at CreateTrainingJob beyond what the model of the request says.

Texts are those of the service where they are known; the others are marked (assumed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sagemaker_local.accounts import ACCOUNT, may_assume
from sagemaker_local.errors import ServiceError
from sagemaker_local.validation import counted

_PRINCIPAL = "sagemaker.amazonaws.com"


def check_training_job(request: Mapping[str, Any]) -> None:
    """Raise ServiceError ValidationException for the first rule that a request breaks."""
    _check_presence(request)
    _check_stopping(request)
    _check_channels(request)
    _check_metrics(request)
    role = str(request["RoleArn"])
    if not may_assume(role, _PRINCIPAL):
        raise cannot_assume(role)


def cannot_assume(role: str) -> ServiceError:
    """The refusal of a role that SageMaker cannot use, or not yet."""
    return _refused(
        f"Could not assume role {role}. Please ensure that the role exists and allows principal "
        f"'{_PRINCIPAL}' to assume the role."
    )


def _check_metrics(request: Mapping[str, Any]) -> None:
    for each in request["AlgorithmSpecification"].get("MetricDefinitions", []):
        _check_expression(each["Name"], each["Regex"])


def _check_expression(metric: str, expression: str) -> None:
    try:
        re.compile(expression)
    except re.error as error:  # (assumed)
        raise _refused(f"Metric {metric}: {expression!r} is not a regular expression: {error}") from error


def no_objects(uri: str, region: str, role: str) -> ServiceError:
    """The refusal of an input without objects."""
    return _refused(
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        f'the selected region ({region}), that objects exist under that S3 prefix, and that the role "{role}" has '
        '"s3:ListBucket" permissions on the bucket.'
    )


def _check_presence(request: Mapping[str, Any]) -> None:
    """What the model leaves open because other kinds of jobs do without."""
    missing = [
        name for name in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition") if name not in request
    ]
    if missing:
        null = "Value null at '{}' failed to satisfy constraint: Member must not be null"
        texts = "; ".join(null.format(name[:1].lower() + name[1:]) for name in missing)
        raise _refused(f"{counted(len(missing))} detected: {texts}")
    _check_resources(request)
    algorithm = request["AlgorithmSpecification"]
    if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):  # (assumed)
        raise _refused("Exactly one of TrainingImage and AlgorithmName must be specified in AlgorithmSpecification.")


def _check_resources(request: Mapping[str, Any]) -> None:
    resources = request["ResourceConfig"]
    if "InstanceGroups" in resources:
        raise _refused("ResourceConfig: InstanceGroups are not known here.")
    preferences = resources.get("InstancePreferences")
    if preferences is None:
        if "InstanceType" not in resources:
            raise _refused("ResourceConfig: InstanceType must be specified.")  # (assumed)
        _check_count(resources, "resourceConfig.instanceCount")
        return
    together = [name for name in ("InstanceType", "InstanceCount") if name in resources]
    if together:  # (assumed)
        raise _refused(f"ResourceConfig: InstancePreferences cannot be specified with {' and '.join(together)}.")
    if request.get("EnableManagedSpotTraining", False):  # (assumed)
        raise _refused("ResourceConfig: InstancePreferences is not supported with managed spot training.")
    for number, preference in enumerate(preferences, 1):
        _check_count(preference, f"resourceConfig.instancePreferences.{number}.member.instanceCount")


def _check_count(given: Mapping[str, Any], path: str) -> None:
    count = given.get("InstanceCount", 0)
    if count < 1:
        raise _refused(
            f"1 validation error detected: Value '{count}' at '{path}' "
            "failed to satisfy constraint: Member must have value greater than or equal to 1"
        )


def _check_stopping(request: Mapping[str, Any]) -> None:
    condition = request["StoppingCondition"]
    runtime, wait = condition.get("MaxRuntimeInSeconds"), condition.get("MaxWaitTimeInSeconds")
    spot = request.get("EnableManagedSpotTraining", False)
    if wait is not None and not spot:
        raise _refused(
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
        )
    if spot and request["ResourceConfig"].get("KeepAlivePeriodInSeconds"):  # (assumed)
        raise _refused("KeepAlivePeriodInSeconds is not supported when EnableManagedSpotTraining is set to true")
    if spot and wait is None:  # (assumed)
        raise _refused("MaxWaitTimeInSeconds must be specified when EnableManagedSpotTraining is true.")
    if wait is not None and runtime is not None and wait < runtime:
        raise _refused(  # (assumed)
            f"Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds: "
            f"{wait} is less than {runtime}."
        )


def _check_channels(request: Mapping[str, Any]) -> None:
    channels = request.get("InputDataConfig", [])
    names = [channel["ChannelName"] for channel in channels]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:  # (assumed)
        raise _refused(f"Channel names must be unique in InputDataConfig: {', '.join(repeated)}")
    for channel in channels:
        name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
        if source is None:
            raise _refused(f"Channel {name}: only an S3DataSource can be read here.")
        if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
            raise _refused(f"Channel {name}: S3DataType {source['S3DataType']} cannot be read here.")
        if channel.get("RecordWrapperType", "None") != "None":
            raise _refused(f"Channel {name}: RecordWrapperType {channel['RecordWrapperType']} is not known here.")
        if channel.get("CompressionType", "None") != "None" and input_mode(request, channel) != "Pipe":
            raise _refused(f"Channel {name}: CompressionType is for input mode Pipe only.")  # (assumed)


def input_mode(request: Mapping[str, Any], channel: Mapping[str, Any]) -> str:
    """`File`, `FastFile` or `Pipe`: the channel's own, else the job's."""
    return str(channel.get("InputMode") or request["AlgorithmSpecification"]["TrainingInputMode"])


def name_taken(arn: str) -> ServiceError:
    """The refusal of a job whose name is in use."""
    return ServiceError(
        "ResourceInUse",
        "Training job names must be unique within an AWS account and region, and a training job with this name "
        f"already exists ({arn})",
    )


def over_quota(instance_type: str, *, spot: bool, limit: int, used: int, wanted: int) -> ServiceError:
    """The refusal of a job that needs more instances than the account may have (recorded; for spot (assumed))."""
    usage = "spot training job usage" if spot else "training job usage"
    return ServiceError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{instance_type} for {usage}' is {limit} Instances, with current utilization "
        f"of {used} Instances and a request delta of {wanted} Instances. Please contact AWS support to request an "
        "increase for this limit.",
    )


def training_job_arn(region: str, name: str) -> str:
    """The ARN, which has the job's name in lower case."""
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:training-job/{name.lower()}"


def _refused(text: str) -> ServiceError:
    return ServiceError("ValidationException", text)
