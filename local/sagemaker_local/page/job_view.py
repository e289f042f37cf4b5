"""A job as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.sagemaker.record import TrainingJob


@dataclass(frozen=True)
class JobView:
    """`described` is DescribeTrainingJob's answer, `request` what was asked for with SageMaker's defaults.

    `ran`: in containers or as processes, empty before it does.
    """

    name: str
    region: str
    instances: str
    spot: bool
    ran: str
    described: Mapping[str, Any]
    request: Mapping[str, Any]
    tags: Mapping[str, str]

    @property
    def message(self) -> str:
        """That of the newest transition."""
        return str(self.described["SecondaryStatusTransitions"][-1].get("StatusMessage", ""))

    @property
    def metrics(self) -> list[tuple[str, float]]:
        """Names and final values."""
        return [(each["MetricName"], each["Value"]) for each in self.described.get("FinalMetricDataList", [])]


def view_of(job: TrainingJob) -> JobView:
    """As the job is now."""
    return JobView(
        job.name,
        job.region,
        ", ".join(f"{each.instance_type} \u00d7 {len(each.hosts)}" for each in job.groups),
        job.spot,
        job.ran,
        job.description(),
        job.request,
        job.tags,
    )
