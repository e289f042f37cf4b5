"""Waiting for instances: a spot job waits in Starting until there are some or its MaxWaitTimeInSeconds is over.

On demand a job fails by CapacityError after a while (assumed: 5 minutes), when all of its InstancePreferences were
tried. Waits go by the server's time scale.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sagemaker_local.faults.pace import Pace
from sagemaker_local.faults.register import Faults
from sagemaker_local.sagemaker.host_groups import preferences
from sagemaker_local.sagemaker.record import LAUNCHING, NO_CAPACITY, TrainingJob

_ON_DEMAND_SECONDS = 300.0
_POLL_SECONDS = 0.1
CAPACITY_ERROR = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)


class OutOfCapacity(Exception):  # noqa: N818 - how a job ends
    """There were no instances in time; `status` is the job's final secondary status."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass
class WaitBudget:
    """MaxWaitTimeInSeconds: seconds left for waiting, in AWS's time, and for running; None for no limit."""

    left: float | None

    def spend(self, seconds: float) -> None:
        """Take seconds off."""
        if self.left is not None:
            self.left -= seconds

    def over(self) -> bool:
        """Whether nothing is left."""
        return self.left is not None and self.left <= 0


def wait_for_capacity(job: TrainingJob, faults: Faults, pace: Pace, budget: WaitBudget, stop: threading.Event) -> bool:
    """Wait until the job has instances; False if it was stopped. Raises OutOfCapacity."""
    job.note(LAUNCHING)
    waited = 0.0
    while not stop.is_set():
        if _place(job, faults):
            return True
        job.note(NO_CAPACITY)
        if budget.over():
            raise OutOfCapacity("MaxWaitTimeExceeded", "")
        if not job.spot and waited > _ON_DEMAND_SECONDS:
            raise OutOfCapacity("Failed", CAPACITY_ERROR)
        started = time.monotonic()
        stop.wait(_POLL_SECONDS)
        passed = (time.monotonic() - started) / pace.time_scale
        waited += passed
        budget.spend(passed)
    return False


def _place(job: TrainingJob, faults: Faults) -> bool:
    resources = job.request["ResourceConfig"]
    preferred = preferences(resources)
    for preference in preferred:
        if not faults.no_capacity(preference["InstanceType"], spot=False):
            job.select(preference["InstanceType"], preference["InstanceCount"])
            return True
    return not preferred and not any(faults.no_capacity(group.instance_type, spot=job.spot) for group in job.groups)
