"""SageMaker's operations on training jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.accounts import role_age
from sagemaker_local.call import Call
from sagemaker_local.errors import ServiceError
from sagemaker_local.sagemaker import rules
from sagemaker_local.sagemaker.listing import page_of_jobs
from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.sagemaker.search import search
from sagemaker_local.training.job_run import Training
from sagemaker_local.validation import check

MAX_TAGS = 50


class SageMakerApi:
    """Each operation takes a call and gives the answer's JSON value. All raise ServiceError.

    `check_image` refuses an image that a role cannot have in a region.
    """

    def __init__(self, training: Training, check_image: Callable[[str, str, str], None]) -> None:
        self._training = training
        self._check_image = check_image
        self._lock = threading.Lock()
        self._jobs: dict[str, TrainingJob] = {}  # by ARN, so names differ without regard to case

    def operations(self) -> dict[str, Callable[[Call], Mapping[str, Any]]]:
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
        return {name: _checked(operation) for name, operation in named.items()}

    def jobs(self, region: str | None = None) -> list[TrainingJob]:
        """The jobs of a region, or of all, oldest first."""
        return [job for job in list(self._jobs.values()) if region in (None, job.region)]

    def _create(self, call: Call) -> Mapping[str, Any]:
        request = dict(call.parameters)
        rules.check_training_job(request)
        role = request["RoleArn"]
        if role_age(role) < self._training.shared.faults.delay_of_role("role-not-ready", role):
            raise rules.cannot_assume(role)
        arn = rules.training_job_arn(call.region, request["TrainingJobName"])
        if arn in self._jobs:
            raise rules.name_taken(arn)
        self._check_image(request["AlgorithmSpecification"].get("TrainingImage", ""), role, call.region)
        self._training.check_inputs(request, call.region)
        with self._lock:
            if arn in self._jobs:
                raise rules.name_taken(arn)
            self._check_quota(request, call.region)
            job = TrainingJob(request, arn, call.region)
            self._training.start(job)
            self._jobs[arn] = job
        return {"TrainingJobArn": arn}

    def _check_quota(self, request: Mapping[str, Any], region: str) -> None:
        """Raise ServiceError if the account may not have the instances; of preferences each type counts."""
        resources, spot = request["ResourceConfig"], bool(request.get("EnableManagedSpotTraining", False))
        running = [job for job in self.jobs(region) if not job.ended and job.spot == spot]
        for wanted in resources.get("InstancePreferences", [resources]):
            instance_type, count = wanted["InstanceType"], wanted["InstanceCount"]
            limit = self._training.shared.faults.quota(instance_type, spot=spot)
            used = sum(job.placement[1] for job in running if job.placement[0] == instance_type)
            if limit is not None and used + count > limit:
                raise rules.over_quota(instance_type, spot=spot, limit=limit, used=used, wanted=count)

    def _describe(self, call: Call) -> Mapping[str, Any]:
        return self._job(call).description()

    def _stop(self, call: Call) -> Mapping[str, Any]:
        job = self._job(call)
        if not job.request_stop():
            text = f"The request was rejected because the training job is in status {job.status}."
            raise ServiceError("ValidationException", text)
        self._training.stop(job)
        return {}

    def _list(self, call: Call) -> Mapping[str, Any]:
        return page_of_jobs([job.summary() for job in self.jobs(call.region)], call.parameters)

    def _search(self, call: Call) -> Mapping[str, Any]:
        return search([job.record() for job in self.jobs(call.region)], call.parameters)

    def _add_tags(self, call: Call) -> Mapping[str, Any]:
        job = self._tagged(call)
        added = {tag["Key"]: tag["Value"] for tag in call.parameters["Tags"]}
        with self._lock:
            if len({**job.tags, **added}) > MAX_TAGS:  # (assumed text)
                raise ServiceError("ResourceLimitExceeded", f"A resource can have no more than {MAX_TAGS} tags.")
            job.tags = {**job.tags, **added}
        return {"Tags": _tag_list(job)}

    def _list_tags(self, call: Call) -> Mapping[str, Any]:
        return {"Tags": _tag_list(self._tagged(call))}

    def _delete_tags(self, call: Call) -> Mapping[str, Any]:
        job = self._tagged(call)
        with self._lock:
            job.tags = {key: value for key, value in job.tags.items() if key not in call.parameters["TagKeys"]}
        return {}

    def _job(self, call: Call) -> TrainingJob:
        job = self._jobs.get(rules.training_job_arn(call.region, call.parameters["TrainingJobName"]))
        if job is None:
            raise ServiceError("ValidationException", "Requested resource not found.")
        return job

    def _tagged(self, call: Call) -> TrainingJob:
        job = self._jobs.get(call.parameters["ResourceArn"])
        if job is None:  # (assumed text)
            raise ServiceError("ResourceNotFound", f"Could not find resource {call.parameters['ResourceArn']}.")
        return job


def _checked(operation: Callable[[Call], Mapping[str, Any]]) -> Callable[[Call], Mapping[str, Any]]:
    def checked(call: Call) -> Mapping[str, Any]:
        check(call)
        return operation(call)

    return checked


def _no_processing_jobs(call: Call) -> Mapping[str, Any]:
    """Processing jobs are not known here; clients of training jobs ask whether there are any."""
    del call
    return {"ProcessingJobSummaries": []}


def _tag_list(job: TrainingJob) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in job.tags.items()]
