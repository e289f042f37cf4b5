"""What SageMaker knows of a training job, and how DescribeTrainingJob tells it. Times are seconds since 1970."""

from __future__ import annotations

import threading
import time
from typing import Any

from sagemaker_local.botocore_models import service_model

# What a spot job is billed of its training time. (assumed: within the "up to 90 %" that AWS names)
SPOT_BILLED_FRACTION = 0.3

# Messages of SecondaryStatusTransitions, as recorded or, below the blank line, (assumed).
MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds",
}
_FINAL = {"Completed": "Completed", "Failed": "Failed", "Stopped": "Stopped", "MaxRuntimeExceeded": "Stopped"}


class TrainingJob:
    """One job; safe for the thread that runs it and those that ask for it."""

    def __init__(self, request: dict[str, Any], arn: str, region: str) -> None:
        self.request = request
        self.arn = arn
        self.region = region
        self.name = str(request["TrainingJobName"])
        self.tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        self.created = self.modified = time.time()
        self.status = "InProgress"
        self._lock = threading.RLock()
        self._transitions: list[dict[str, Any]] = []
        self._failure_reason = ""
        self._training_started: float | None = None
        self._ended: float | None = None
        self.enter("Starting")

    @property
    def hosts(self) -> list[str]:
        """`algo-1` to `algo-N`."""
        return [f"algo-{number + 1}" for number in range(self.request["ResourceConfig"]["InstanceCount"])]

    @property
    def output_prefix(self) -> str:
        """`s3://…/JOB/output`."""
        return f"{self.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self.name}/output"

    @property
    def ended(self) -> bool:
        """Whether the status is a final one."""
        return self.status in _FINAL.values()

    def enter(self, secondary: str, failure_reason: str = "") -> None:
        """Go on to a secondary status; a final one ends the job."""
        with self._lock:
            now = time.time()
            if self._transitions:
                self._transitions[-1]["EndTime"] = now
            text = failure_reason or MESSAGES[secondary]
            self._transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": text})
            self.modified = now
            if secondary == "Downloading":
                self._training_started = now
            if secondary == "Stopping":
                self.status = "Stopping"
            if secondary in _FINAL:
                self._transitions[-1]["EndTime"] = now
                self._ended = now
                self._failure_reason = failure_reason
                self.status = _FINAL[secondary]

    def request_stop(self) -> bool:
        """Go to Stopping; False if the job has ended."""
        with self._lock:
            if not self.ended and self.status != "Stopping":
                self.enter("Stopping")
            return not self.ended

    def summary(self) -> dict[str, Any]:
        """As in ListTrainingJobs."""
        with self._lock:
            return {
                "TrainingJobName": self.name,
                "TrainingJobArn": self.arn,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self._transitions[-1]["Status"],
                **({"TrainingEndTime": self._ended} if self._ended else {}),
            }

    def description(self) -> dict[str, Any]:
        """As in DescribeTrainingJob: what was asked for, and what became of it."""
        told = service_model("sagemaker").shape_for("DescribeTrainingJobResponse").members
        with self._lock:
            described = {name: value for name, value in self.request.items() if name in told}
            described["OutputDataConfig"] = {"KmsKeyId": "", **described["OutputDataConfig"]}
            described.update(self.summary())
            described["SecondaryStatusTransitions"] = [dict(each) for each in self._transitions]
            if self._training_started:
                described["TrainingStartTime"] = self._training_started
            if self._failure_reason:
                described["FailureReason"] = self._failure_reason
            if self.status in ("Completed", "Stopped"):
                described["ModelArtifacts"] = {"S3ModelArtifacts": f"{self.output_prefix}/model.tar.gz"}
            return {**described, **self._seconds()}

    def _seconds(self) -> dict[str, int]:
        if not (self._ended and self._training_started):
            return {}
        seconds = max(1, round(self._ended - self._training_started))
        spot = self.request.get("EnableManagedSpotTraining", False)
        # Billable time is billed for each instance, so it does not grow with their number.
        billable = max(1, round(seconds * SPOT_BILLED_FRACTION)) if spot and seconds > 1 else seconds
        return {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": billable}
