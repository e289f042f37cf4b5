"""SageMaker's operations on training jobs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from sagemaker_local.faults.register import Faults
from sagemaker_local.iam.roles import role_age
from sagemaker_local.protocol.call import Answer, Call, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.validation import checked
from sagemaker_local.sagemaker import rules
from sagemaker_local.sagemaker.host_groups import HostGroup, host_groups, preferences
from sagemaker_local.sagemaker.listing import page_of_jobs
from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.sagemaker.search import search
from sagemaker_local.sagemaker.store import JobStore

MAX_TAGS = 50


class Runner(Protocol):
    """Who runs the jobs: training/job_run.py."""

    def check_inputs(self, request: Mapping[str, Any], region: str) -> None:
        """Raise ServiceError if a channel of a request has no objects."""

    def start(self, job: TrainingJob) -> None:
        """Run a job to its end, beside the caller."""

    def stop(self, job: TrainingJob) -> None:
        """Have a running job end within its grace period."""


class SageMakerApi:
    """Each operation takes a call and gives the answer's JSON value. All raise ServiceError.

    `check_image` refuses an image that a role cannot have in a region; `announce` is told of each job's new status.
    """

    def __init__(
        self,
        jobs: JobStore,
        runner: Runner,
        faults: Faults,
        check_image: Callable[[str, str, str], None],
        announce: Callable[[TrainingJob], None],
    ) -> None:
        self._jobs = jobs
        self._runner = runner
        self._faults = faults
        self._check_image = check_image
        self._announce = announce
        self._lock = threading.Lock()

    def operations(self) -> dict[str, Operation]:
        """By name, each checking the request first."""
        named = {
            "AddTags": self._add_tags,
            "CreateTrainingJob": self._create,
            "DeleteTags": self._delete_tags,
            "DescribeTrainingJob": self._describe,
            "ListProcessingJobs": _no_processing_jobs,
            "ListTags": self._list_tags,
            "ListTrainingJobs": self._list,
            "Search": self._search,
            "StopTrainingJob": self._stop,
        }
        return checked(named)

    def _create(self, call: Call) -> Answer:
        request = dict(call.parameters)
        rules.check_training_job(request)
        role = request["RoleArn"]
        if role_age(role) < self._faults.delay_of_role("role-not-ready", role):
            raise rules.cannot_assume(role)
        arn = rules.training_job_arn(call.region, request["TrainingJobName"])
        if self._jobs.find(arn):
            raise rules.name_taken(arn)
        self._check_image(request["AlgorithmSpecification"].get("TrainingImage", ""), role, call.region)
        self._runner.check_inputs(request, call.region)
        with self._lock:
            if self._jobs.find(arn):
                raise rules.name_taken(arn)
            self._check_quota(request, call.region)
            job = TrainingJob(request, arn, call.region, self._announce)
            self._runner.start(job)
            self._jobs.add(job)
        return {"TrainingJobArn": arn}

    def _check_quota(self, request: Mapping[str, Any], region: str) -> None:
        """Raise ServiceError if the account may not have the instances; of preferences each type counts."""
        resources, spot = request["ResourceConfig"], bool(request.get("EnableManagedSpotTraining", False))
        running = [job for job in self._jobs.all(region) if not job.ended and job.spot == spot]
        in_use = _by_type(group for job in running for group in job.groups)
        preferred = [(each["InstanceType"], each["InstanceCount"]) for each in preferences(resources)]
        for instance_type, count in preferred or _by_type(host_groups(resources)).items():
            limit, used = self._faults.quota(instance_type, spot=spot), in_use[instance_type]
            if used + count > limit:
                raise rules.over_quota(instance_type, spot=spot, limit=limit, used=used, wanted=count)

    def _describe(self, call: Call) -> Answer:
        return self._job(call).description()

    def _stop(self, call: Call) -> Answer:
        job = self._job(call)
        if not job.request_stop():
            text = f"The request was rejected because the training job is in status {job.status}."
            raise ServiceError("ValidationException", text)
        self._runner.stop(job)
        return {}

    def _list(self, call: Call) -> Answer:
        return page_of_jobs([job.summary() for job in self._jobs.all(call.region)], call.parameters)

    def _search(self, call: Call) -> Answer:
        return search([job.record() for job in self._jobs.all(call.region)], call.parameters)

    def _add_tags(self, call: Call) -> Answer:
        job = self._tagged(call)
        added = {tag["Key"]: tag["Value"] for tag in call.parameters["Tags"]}
        with self._lock:
            if len({**job.tags, **added}) > MAX_TAGS:  # (assumed text)
                raise ServiceError("ResourceLimitExceeded", f"A resource can have no more than {MAX_TAGS} tags.")
            job.tags = {**job.tags, **added}
        return {"Tags": _tag_list(job)}

    def _list_tags(self, call: Call) -> Answer:
        return {"Tags": _tag_list(self._tagged(call))}

    def _delete_tags(self, call: Call) -> Answer:
        job = self._tagged(call)
        with self._lock:
            job.tags = {key: value for key, value in job.tags.items() if key not in call.parameters["TagKeys"]}
        return {}

    def _job(self, call: Call) -> TrainingJob:
        job = self._jobs.find(rules.training_job_arn(call.region, call.parameters["TrainingJobName"]))
        if job is None:
            raise ServiceError("ValidationException", "Requested resource not found.")
        return job

    def _tagged(self, call: Call) -> TrainingJob:
        job = self._jobs.find(call.parameters["ResourceArn"])
        if job is None:  # (assumed text)
            raise ServiceError("ResourceNotFound", f"Could not find resource {call.parameters['ResourceArn']}.")
        return job


def _no_processing_jobs(call: Call) -> Answer:
    """Processing jobs are not known here; clients of training jobs ask whether there are any."""
    del call
    return {"ProcessingJobSummaries": []}


def _by_type(groups: Iterable[HostGroup]) -> Counter[str]:
    """How many instances there are of each type."""
    return Counter(group.instance_type for group in groups for _ in group.hosts)


def _tag_list(job: TrainingJob) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in job.tags.items()]
