"""The event of a training job's status, as EventBridge has it.

Source: SageMaker Developer Guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge", training job state
change. Times in `detail` are milliseconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.sagemaker.record import TrainingJob

_COPIED = (
    "TrainingJobName",
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
)
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")


def state_change(job: TrainingJob) -> dict[str, Any]:
    """The event of what the job is now."""
    described = job.description()
    transitions = [_with_milliseconds(each) for each in described["SecondaryStatusTransitions"]]
    detail = {name: described[name] for name in _COPIED if name in described}
    detail.update({name: _milliseconds(described[name]) for name in _TIMES if name in described})
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "SageMaker Training Job State Change",
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": job.region,
        "resources": [job.arn],
        "detail": {**detail, "SecondaryStatusTransitions": transitions, "Tags": dict(job.tags)},
    }


def _with_milliseconds(transition: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _milliseconds(each) if name.endswith("Time") else each for name, each in transition.items()}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
