"""The files of `/opt/ml/input/config`: how a container learns what it is part of.

The names are recorded; so is what is in hyperparameters, resourceconfig, inputdataconfig and checkpointconfig, while
what is in init-config, trainingjobconfig and upstreamoutputdataconfig is (assumed).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.training.channels import Channel
from sagemaker_local.training.host import Host

_GROUP = "homogeneousCluster"


def write_config(
    host: Host, job: TrainingJob, channels: Iterable[Channel], checkpoint_path: str, interface: str
) -> None:
    """Write all of them for one host; `checkpoint_path` is where that host sees its checkpoints."""
    for name, value in _files(host, job, list(channels), checkpoint_path, interface).items():
        (host.base / "input" / "config" / f"{name}.json").write_text(json.dumps(value))


def _files(
    host: Host, job: TrainingJob, channels: list[Channel], checkpoint_path: str, interface: str
) -> dict[str, Any]:
    request = job.request
    instance_type = job.placement[0]
    inputs = {
        channel.name: {
            "TrainingInputMode": channel.mode,
            "S3DistributionType": "ShardedByS3Key" if channel.sharded else "FullyReplicated",
            "RecordWrapperType": "None",
        }
        for channel in channels
    }
    for given in request.get("InputDataConfig", []):
        if given.get("ContentType"):
            inputs[given["ChannelName"]]["ContentType"] = given["ContentType"]
    files: dict[str, Any] = {
        "hyperparameters": request.get("HyperParameters", {}),
        "inputdataconfig": inputs,
        "resourceconfig": {
            "current_host": host.name,
            "current_instance_type": instance_type,
            "current_group_name": _GROUP,
            "hosts": job.hosts,
            "instance_groups": [
                {"instance_group_name": _GROUP, "instance_type": instance_type, "hosts": job.hosts},
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
    for name, key in (("debughookconfig", "DebugHookConfig"), ("tensorboardoutputconfig", "TensorBoardOutputConfig")):
        if key in request:
            files[name] = request[key]
    return files
