"""What SageMaker knows of a training job, and what DescribeTrainingJob answers of it. Times are seconds since 1970."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.protocol.models import service_model
from sagemaker_local.sagemaker.defaults import with_defaults
from sagemaker_local.sagemaker.host_groups import HostGroup, host_groups

# A stream an instance, JOB/HOST-SECONDS (developer guide, "CloudWatch Logs for Amazon SageMaker AI").
LOG_GROUP = "/aws/sagemaker/TrainingJobs"

# What a spot job is billed of its training time. (assumed: within the "up to 90 %" that AWS names)
SPOT_BILLED_FRACTION = 0.3

# Messages of SecondaryStatusTransitions as recorded, those of Starting as documented (SecondaryStatusTransition);
# below the blank line (assumed).
MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Interrupted": "Training job interrupted",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds",
}
LAUNCHING = "Launching requested ML instances"
NO_CAPACITY = "Insufficient capacity error from EC2 while launching instances, retrying!"
PREPARING = "Preparing the instances for training"
DOWNLOADING_IMAGE = "Downloading the training image"
_FINAL = {
    "Completed": "Completed",
    "Failed": "Failed",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
    "MaxWaitTimeExceeded": "Stopped",
}
_WITH_INSTANCES = ("Downloading", "Training", "Uploading", "Stopping")


class TrainingJob:
    """One job; safe for the thread that runs it and those that ask for it. `announce` is told of every new status."""

    def __init__(
        self, request: dict[str, Any], arn: str, region: str, announce: Callable[[TrainingJob], None] = lambda _: None
    ) -> None:
        self.request = with_defaults(request)
        self.arn = arn
        self.region = region
        self.name = str(request["TrainingJobName"])
        self.tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        self.created = self.modified = time.time()
        self.status = "InProgress"
        self.ran = ""  # here, which AWS has no word for: in containers, or as processes
        self.spot = bool(self.request["EnableManagedSpotTraining"])
        self._lock = threading.RLock()
        self._transitions: list[dict[str, Any]] = []
        self._failure_reason = ""
        self._metrics: dict[str, dict[str, Any]] = {}
        self._training_started: float | None = None
        self._instances_since: float | None = None
        self._trained = 0.0
        self._ended: float | None = None
        self._announce = announce
        self.enter("Starting")

    @property
    def groups(self) -> list[HostGroup]:
        """The instances by type."""
        return host_groups(self.request["ResourceConfig"])

    @property
    def hosts(self) -> list[str]:
        """`algo-1` to `algo-N`."""
        return [host for group in self.groups for host in group.hosts]

    @property
    def output_prefix(self) -> str:
        """`s3://…/JOB/output`."""
        return f"{self.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self.name}/output"

    @property
    def uncompressed(self) -> bool:
        """Whether model and output are left as files."""
        return bool(self.request["OutputDataConfig"].get("CompressionType") == "NONE")

    @property
    def ended(self) -> bool:
        """Whether the status is a final one."""
        return self.status in _FINAL.values()

    def enter(self, secondary: str, failure_reason: str = "") -> None:
        """Go on to a secondary status; a final one ends the job, and nothing else follows on Stopping."""
        with self._lock:
            if self.status == "Stopping" and secondary not in _FINAL:
                return  # it was stopped as it went on
            now = time.time()
            if self._transitions:
                self._transitions[-1]["EndTime"] = now
            text = failure_reason or MESSAGES[secondary]
            self._transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": text})
            self.modified = now
            self._count_time(secondary, now)
            if secondary == "Stopping":
                self.status = "Stopping"
            if secondary in _FINAL:
                self._transitions[-1]["EndTime"] = now
                self._ended = now
                self._failure_reason = failure_reason
                self.status = _FINAL[secondary]
            self._announce(self)

    def note(self, message: str) -> None:
        """Change the message of the secondary status that the job is in."""
        with self._lock:
            if not self.ended and self._transitions[-1]["StatusMessage"] != message:
                self._transitions[-1]["StatusMessage"] = message
                self.modified = time.time()

    def select(self, instance_type: str, count: int) -> None:
        """Take one of the request's InstancePreferences."""
        with self._lock:
            chosen = {"SelectedInstanceType": instance_type, "SelectedInstanceCount": count}
            self.request["ResourceConfig"] = {**self.request["ResourceConfig"], **chosen}

    def measure(self, metric: str, value: float, timestamp: float) -> None:
        """Take a metric's value that a line of the log has; the last one is the final one."""
        with self._lock:
            self._metrics[metric] = {"MetricName": metric, "Value": value, "Timestamp": timestamp}

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
        members = service_model("sagemaker").shape_for("DescribeTrainingJobResponse").members
        with self._lock:
            described = {name: value for name, value in self.request.items() if name in members}
            described.update(self.summary())
            described["SecondaryStatusTransitions"] = [dict(each) for each in self._transitions]
            if self._training_started:
                described["TrainingStartTime"] = self._training_started
            if self._failure_reason:
                described["FailureReason"] = self._failure_reason
            if self._metrics:
                described["FinalMetricDataList"] = list(self._metrics.values())
            if self.status in ("Completed", "Stopped") and self._training_started:
                model = "model/" if self.uncompressed else "model.tar.gz"
                described["ModelArtifacts"] = {"S3ModelArtifacts": f"{self.output_prefix}/{model}"}
            return {**described, **self._seconds(), **self._warm_pool()}

    def record(self) -> Mapping[str, Any]:
        """As in Search: the description, and the tags."""
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return {**self.description(), "Tags": tags}

    def _count_time(self, secondary: str, now: float) -> None:
        """Training time is the time with instances, of all starts of a spot job."""
        if secondary in _WITH_INSTANCES:
            if self._instances_since is None and secondary != "Stopping":
                self._instances_since = now
                self._training_started = self._training_started or now
        elif self._instances_since is not None:
            self._trained += now - self._instances_since
            self._instances_since = None

    def _seconds(self) -> dict[str, int]:
        if not (self._ended and self._training_started):
            return {}
        seconds = max(1, round(self._trained))
        # Billable time is billed for each instance, so it does not grow with their number.
        billable = max(1, round(seconds * SPOT_BILLED_FRACTION)) if self.spot else seconds
        return {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": billable}

    def _warm_pool(self) -> dict[str, Any]:
        """What is left of the instances: nothing is kept warm here, so a pool is gone as its job ends. (assumed)"""
        if not self.request["ResourceConfig"].get("KeepAlivePeriodInSeconds"):
            return {}
        status: dict[str, Any] = {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0}
        return {"WarmPoolStatus": status if self.ended else {"Status": "InUse"}}
