"""The jobs that a list shows: newest first, of a name and a status, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker_local.page.job_view import JobView, view_of
from sagemaker_local.sagemaker.record import TrainingJob

STATUSES = ("InProgress", "Completed", "Failed", "Stopping", "Stopped")
PER_PAGE = 50


@dataclass(frozen=True)
class JobList:
    """One page; `page` counts from 1, `name` and `status` are what was asked for."""

    rows: list[JobView]
    count: int
    total: int
    page: int
    pages: int
    name: str
    status: str
    statuses: tuple[str, ...] = STATUSES


def chosen(jobs: list[TrainingJob], given: Mapping[str, str]) -> JobList:
    """What a query asks for; what makes no sense in it is as if it were not there."""
    name, status, asked = given.get("name", "").strip(), given.get("status", ""), given.get("page", "")
    if status not in STATUSES:
        status = ""
    found = [job for job in reversed(jobs) if name.lower() in job.name.lower() and status in ("", job.status)]
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(1, int(asked)), pages) if asked.isdecimal() and asked.isascii() else 1
    rows = [view_of(job) for job in found[(page - 1) * PER_PAGE : page * PER_PAGE]]
    return JobList(rows, len(found), len(jobs), page, pages, name, status)
