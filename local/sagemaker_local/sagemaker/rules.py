"""What SageMaker refuses at CreateTrainingJob beyond what the model of the request says.

Texts are those of the service where they are known; the others are marked (assumed).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker_local.iam.roles import may_assume
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.expressions import fault_of
from sagemaker_local.protocol.validation import counted
from sagemaker_local.sagemaker.host_groups import group_names, preferences

_PRINCIPAL = "sagemaker.amazonaws.com"
INVALID_TOKEN = ("ValidationException", "Invalid pagination token.")


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
    fault = fault_of(expression)
    if fault is not None:  # (assumed)
        raise _refused(f"Metric {metric}: {expression!r} is not a regular expression: {fault}")


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
    if resources.get("InstanceGroups"):
        _check_groups(resources)
        return
    selected = [name for name in ("SelectedInstanceType", "SelectedInstanceCount") if name in resources]
    if selected:
        raise _refused(f"ResourceConfig: {' and '.join(selected)} cannot be specified.")  # (assumed)
    if "InstancePreferences" in resources:
        _check_preferences(request)
        return
    if "InstanceType" not in resources:
        raise _refused("ResourceConfig: InstanceType must be specified.")  # (assumed)
    _check_count(resources, "resourceConfig.instanceCount")


def _check_preferences(request: Mapping[str, Any]) -> None:
    """(assumed texts; API, ResourceConfig and InstancePreference; guide, "Instance preference lists")"""
    resources = request["ResourceConfig"]
    together = [name for name in ("InstanceType", "InstancePlacementConfig") if name in resources]
    if together:
        raise _refused(f"ResourceConfig: InstancePreferences cannot be specified with {' and '.join(together)}.")
    if request.get("EnableManagedSpotTraining", False):
        raise _refused("ResourceConfig: InstancePreferences is not supported with managed spot training.")
    given = resources["InstancePreferences"]
    types = [each["InstanceType"] for each in given]
    repeated = sorted({each for each in types if types.count(each) > 1})
    if repeated:
        raise _refused(f"ResourceConfig: InstancePreferences must not repeat an instance type: {', '.join(repeated)}")
    own = ["InstanceCount" in each for each in given]
    if (any(own) and not all(own)) or any(own) == ("InstanceCount" in resources):
        raise _refused(
            "ResourceConfig: InstanceCount must be specified either for all InstancePreferences or once for the job."
        )
    if "TrainingPlanArn" in resources and any("TrainingPlanArns" in each for each in given):
        raise _refused("ResourceConfig: TrainingPlanArn cannot be specified with TrainingPlanArns of a preference.")
    for number, preference in enumerate(preferences(resources), 1):
        _check_count(preference, f"resourceConfig.instancePreferences.{number}.member.instanceCount")


def _check_groups(resources: Mapping[str, Any]) -> None:
    """A heterogeneous cluster (assumed texts; guide, "Managed warm pools", "Considerations": not with these)."""
    kinds = ("InstanceType", "InstanceCount", "InstancePreferences", "KeepAlivePeriodInSeconds")
    together = [name for name in kinds if resources.get(name)]
    if together:
        raise _refused(f"ResourceConfig: InstanceGroups cannot be specified with {' and '.join(together)}.")
    groups = resources["InstanceGroups"]
    if len({each["InstanceGroupName"] for each in groups}) < len(groups):
        raise _refused("ResourceConfig: The names of InstanceGroups must be unique.")
    for number, group in enumerate(groups, 1):
        _check_count(group, f"resourceConfig.instanceGroups.{number}.member.instanceCount")


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
    groups = [each["InstanceGroupName"] for each in request["ResourceConfig"].get("InstanceGroups", [])]
    for channel in channels:
        name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
        if ("FileSystemDataSource" in channel["DataSource"]) == (source is not None):
            raise _refused(f"Channel {name}: exactly one of S3DataSource and FileSystemDataSource can be read here.")
        if source is None:
            _check_file_system(request, channel)
            continue
        unknown = [each for each in group_names(channel) if each not in groups]
        if unknown:  # (assumed)
            raise _refused(f"Channel {name}: InstanceGroupNames: the job has no instance group {', '.join(unknown)}.")
        if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
            raise _refused(f"Channel {name}: S3DataType {source['S3DataType']} cannot be read here.")
        if channel.get("RecordWrapperType", "None") != "None":
            raise _refused(f"Channel {name}: RecordWrapperType {channel['RecordWrapperType']} is not known here.")
        if channel.get("CompressionType", "None") != "None" and input_mode(request, channel) != "Pipe":
            raise _refused(f"Channel {name}: CompressionType is for input mode Pipe only.")  # (assumed)


def _check_file_system(request: Mapping[str, Any], channel: Mapping[str, Any]) -> None:
    """(assumed texts; guide, "Configure data input channel to use Amazon FSx for Lustre": a VPC, in File mode)"""
    name = channel["ChannelName"]
    if "VpcConfig" not in request:
        raise _refused(f"Channel {name}: VpcConfig must be specified when FileSystemDataSource is used.")
    if input_mode(request, channel) != "File":
        raise _refused(f"Channel {name}: FileSystemDataSource is supported with input mode File only.")


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
    return ServiceError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{quota_name(instance_type, spot=spot)}' is {limit} Instances, with "
        f"current utilization of {used} Instances and a request delta of {wanted} Instances. Please contact AWS "
        "support to request an increase for this limit.",
    )


def quota_name(instance_type: str, *, spot: bool) -> str:
    """The name of the quota of an instance type's training jobs, in refusals and in Service Quotas."""
    return f"{instance_type} for {'spot ' if spot else ''}training job usage"


def training_job_arn(region: str, name: str) -> str:
    """The ARN, which has the job's name in lower case."""
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:training-job/{name.lower()}"


def _refused(text: str) -> ServiceError:
    return ServiceError("ValidationException", text)
