"""ListTrainingJobs: a status filters only what MaxResults took, so a page can be empty and still have a next one.

Default order: by CreationTime, newest first (as seen; the documentation says ascending). MaxResults is 10
by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sagemaker_local.protocol.paging import page_after
from sagemaker_local.sagemaker.rules import INVALID_TOKEN

_PAGE = 10
_SORT_KEYS = {"Name": "TrainingJobName", "Status": "TrainingJobStatus"}


def page_of_jobs(summaries: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for the request `given`. Raises ServiceError ValidationException for a foreign token."""
    key = _SORT_KEYS.get(given.get("SortBy", ""), "CreationTime")
    chosen = sorted(
        (each for each in summaries if _within(each, given)),
        key=lambda each: (each[key], each["TrainingJobName"]),
        reverse=given.get("SortOrder", "Descending") == "Descending",
    )
    page, token = page_after(
        chosen,
        lambda each: str(each["TrainingJobName"]),
        given.get("NextToken"),
        given.get("MaxResults", _PAGE),
        INVALID_TOKEN,
    )
    status = given.get("StatusEquals")
    wanted = [each for each in page if status in (None, each["TrainingJobStatus"])]
    return {"TrainingJobSummaries": wanted, **({"NextToken": token} if token else {})}


def _within(summary: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    if given.get("NameContains", "").lower() not in summary["TrainingJobName"].lower():
        return False
    for name in ("CreationTime", "LastModifiedTime"):
        after, before = given.get(f"{name}After"), given.get(f"{name}Before")
        if after is not None and summary[name] < _seconds(after):
            return False
        if before is not None and summary[name] > _seconds(before):
            return False
    return True


def _seconds(value: float | str) -> float:
    if isinstance(value, str):
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    return value
