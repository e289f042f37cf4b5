"""The files of `/opt/ml/input/config`: how a container learns what it is part of.

The names are recorded; so is what is in hyperparameters, resourceconfig, inputdataconfig and checkpointconfig, while
what is in init-config, trainingjobconfig and upstreamoutputdataconfig is (assumed).
"""

from __future__ import annotations

import json
from typing import Any

from sagemaker_local.instances.host import Host
from sagemaker_local.sagemaker import rules
from sagemaker_local.sagemaker.host_groups import hosts_of_channel
from sagemaker_local.sagemaker.record import TrainingJob


def write_config(host: Host, job: TrainingJob, checkpoint_path: str, interface: str) -> None:
    """Write all of them for one host; `checkpoint_path` is where that host sees its checkpoints."""
    for name, value in _files(host, job, checkpoint_path, interface).items():
        (host.base / "input" / "config" / f"{name}.json").write_text(json.dumps(value))


def _files(host: Host, job: TrainingJob, checkpoint_path: str, interface: str) -> dict[str, Any]:
    request = job.request
    own = next(group for group in job.groups if host.name in group.hosts)
    files: dict[str, Any] = {
        "hyperparameters": request.get("HyperParameters", {}),
        "inputdataconfig": _inputs(host, job),
        "resourceconfig": {
            "current_host": host.name,
            "current_instance_type": own.instance_type,
            "current_group_name": own.name,
            "hosts": job.hosts,
            "instance_groups": [
                {"instance_group_name": each.name, "instance_type": each.instance_type, "hosts": each.hosts}
                for each in job.groups
            ],
            "network_interface_name": interface,
        },
        "init-config": {"jobType": "TRAINING", "region": job.region, "enableDataAgents": False},
        "metric-definition-regex": request["AlgorithmSpecification"].get("MetricDefinitions", []),
        "trainingjobconfig": {**request, "TrainingJobArn": job.arn},
        "upstreamoutputdataconfig": request["OutputDataConfig"],
    }
    if "CheckpointConfig" in request:
        location = request["CheckpointConfig"]["S3Uri"]
        files["checkpointconfig"] = {"S3Uri": location, "LocalPath": checkpoint_path}
    for key in ("DebugHookConfig", "ProfilerConfig", "TensorBoardOutputConfig"):
        if key in request:
            files[key.lower()] = request[key]
    return files


def _inputs(host: Host, job: TrainingJob) -> dict[str, dict[str, str]]:
    """The channels that a host gets; what is there of a file system is (assumed)."""
    inputs: dict[str, dict[str, str]] = {}
    for given in job.request.get("InputDataConfig", []):
        if host.name not in hosts_of_channel(job.groups, given):
            continue
        told = inputs[given["ChannelName"]] = {"TrainingInputMode": rules.input_mode(job.request, given)}
        source = given["DataSource"].get("S3DataSource")
        if source:
            told["S3DistributionType"] = source.get("S3DataDistributionType", "FullyReplicated")
        told["RecordWrapperType"] = "None"
        if given.get("ContentType"):
            told["ContentType"] = given["ContentType"]
    return inputs
