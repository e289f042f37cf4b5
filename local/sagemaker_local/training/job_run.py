"""Runs training jobs, a thread each: waits for instances, runs them, again after a spot interruption, to the end."""

from __future__ import annotations

import itertools
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from sagemaker_local.instances.outcome import Unrunnable
from sagemaker_local.instances.place import LONGEST_JOB
from sagemaker_local.s3.client import S3Client, s3_client
from sagemaker_local.s3.location import parse
from sagemaker_local.s3.store import bucket_region
from sagemaker_local.sagemaker import rules
from sagemaker_local.sagemaker.record import PREPARING, TrainingJob
from sagemaker_local.sts.sessions import assume
from sagemaker_local.training.attempt import INTERRUPTED, Attempt, StoppedEarly
from sagemaker_local.training.capacity import OutOfCapacity, WaitBudget, wait_for_capacity
from sagemaker_local.training.channels import read_channel
from sagemaker_local.training.role_check import RoleLacks
from sagemaker_local.training.surroundings import Surroundings

_DEFAULT_MAX_RUNTIME = 86_400
_CLOSE_SECONDS = 20.0


class Training:
    """All jobs of the server."""

    def __init__(self, folder: Path, shared: Surroundings) -> None:
        self.folder = folder
        self.shared = shared
        self._networks = itertools.cycle(range(256))
        self._runs: dict[str, JobRun] = {}

    def check_inputs(self, request: Mapping[str, Any], region: str) -> None:
        """Raise ServiceError if a channel has no objects, as SageMaker does when a job is created."""
        channels = [each for each in request.get("InputDataConfig", []) if "S3DataSource" in each["DataSource"]]
        client = self.client(request["RoleArn"], region) if channels else None
        for given in channels:
            bucket = parse(given["DataSource"]["S3DataSource"]["S3Uri"]).bucket
            try:
                found = read_channel(client, given, "File").objects
            except (ClientError, ValueError):
                found = ()  # no such bucket, no permission: the text names both
            if not found or bucket_region(bucket) != region:
                raise rules.no_objects(given["DataSource"]["S3DataSource"]["S3Uri"], region, request["RoleArn"])

    def start(self, job: TrainingJob) -> None:
        """Run a job in a thread of its own."""
        run = self._runs[job.arn] = JobRun(self, job, next(self._networks))
        run.start()

    def stop(self, job: TrainingJob) -> None:
        """Have a running job end within its grace period."""
        self._runs[job.arn].stop()

    def close(self) -> None:
        """Kill all jobs and wait until nothing of them is left."""
        for run in self._runs.values():
            run.kill()
        deadline = time.monotonic() + _CLOSE_SECONDS
        for run in self._runs.values():
            run.join(max(0.0, deadline - time.monotonic()))

    def client(self, role: str, region: str) -> S3Client:
        """S3 as the execution role."""
        return s3_client(self.shared.url, region, assume(role, "SageMaker", region, seconds=LONGEST_JOB))


class JobRun(threading.Thread):
    """The run of one job."""

    def __init__(self, training: Training, job: TrainingJob, network: int) -> None:
        super().__init__(name=job.name, daemon=True)
        self._training = training
        self._job = job
        self._network = network
        self._folder = training.folder / job.arn.rpartition("/")[2]
        self._lock = threading.Lock()
        self._attempt: Attempt | None = None
        self._stop_asked = threading.Event()
        self._killed = False

    def stop(self) -> None:
        """StopTrainingJob."""
        with self._lock:
            self._stop_asked.set()
            if self._attempt:
                self._attempt.stop("Stopped")

    def kill(self) -> None:
        """The server ends."""
        with self._lock:
            self._killed = True
            self._stop_asked.set()
            if self._attempt:
                self._attempt.kill()

    def run(self) -> None:
        """From Starting to the end, whatever happens."""
        try:
            status, reason = self._run()
        except StoppedEarly:
            status, reason = "Stopped", ""
        except (RoleLacks, Unrunnable) as lack:
            status, reason = "Failed", str(lack)
        except OutOfCapacity as end:
            status, reason = end.status, end.reason
        except (ClientError, BotoCoreError, ValueError) as error:
            status, reason = "Failed", f"ClientError: {error}"
        except Exception as error:  # noqa: BLE001 - a fault of ours ends the job, and its clients must see it end
            if not self._killed:
                traceback.print_exc(file=sys.stderr)
            status, reason = "Failed", f"InternalServerError: {error!r}"
        self._job.enter(status, reason)

    def _run(self) -> tuple[str, str]:
        """The final secondary status and the failure reason."""
        job, shared = self._job, self._training.shared
        condition = job.request["StoppingCondition"]
        runtime_left = float(condition.get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME))
        budget = WaitBudget(condition.get("MaxWaitTimeInSeconds"))
        epoch = 0
        while True:
            if not wait_for_capacity(job, shared.faults, shared.pace, budget, self._stop_asked):
                raise StoppedEarly
            job.note(PREPARING)
            epoch = max(epoch + 1, int(time.time()))  # a stream is never opened twice
            started = time.monotonic()
            status, reason = self._try(epoch, _limit(runtime_left, budget))
            passed = time.monotonic() - started
            runtime_left -= passed
            budget.spend(passed)
            if status != INTERRUPTED:
                return status, reason
            job.enter(INTERRUPTED)
            if self._stop_asked.is_set():
                raise StoppedEarly
            job.enter("Starting")

    def _try(self, epoch: int, max_seconds: tuple[float, str]) -> tuple[str, str]:
        shared = self._training.shared
        attempt = Attempt(self._job, shared, self._folder, network=self._network, epoch=epoch, max_seconds=max_seconds)
        with self._lock:
            if self._stop_asked.is_set():
                raise StoppedEarly
            self._attempt = attempt
        try:
            return attempt.run(self._training.client(self._job.request["RoleArn"], self._job.region))
        finally:
            attempt.close()


def _limit(runtime_left: float, budget: WaitBudget) -> tuple[float, str]:
    """The seconds that an attempt may run, and what it ends by after them."""
    if budget.left is not None and budget.left < runtime_left:
        return max(budget.left, 0.0), "MaxWaitTimeExceeded"
    return max(runtime_left, 0.0), "MaxRuntimeExceeded"
