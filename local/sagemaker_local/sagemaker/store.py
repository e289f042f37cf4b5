"""The training jobs of the account."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker_local.sagemaker.record import TrainingJob


class JobStore:
    """By ARN, which has the name in lower case: names differ without regard to case. Safe for many threads."""

    def __init__(self) -> None:
        self._jobs: dict[str, TrainingJob] = {}

    def add(self, job: TrainingJob) -> None:
        """A job of a new ARN."""
        self._jobs[job.arn] = job

    def find(self, arn: str) -> TrainingJob | None:
        """The job of an ARN."""
        return self._jobs.get(arn)

    def all(self, region: str | None = None) -> list[TrainingJob]:
        """The jobs of a region, or of all regions, oldest first."""
        return [job for job in list(self._jobs.values()) if region in (None, job.region)]

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """The tags of a job; none for a job that is not there."""
        job = self._jobs.get(arn)
        return dict(job.tags) if job else {}
