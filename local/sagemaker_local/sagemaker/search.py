"""Search: training jobs by their description and tags.

A property is named by its path (`ResourceConfig.InstanceType`), a tag by `Tags.KEY`, a metric by `Metrics.NAME`; a list
is compared element by element. Other resources can be named, and none is ever found. Default order:
LastModifiedTime, newest first; the default of MaxResults is 100 (SageMaker API reference, Search).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.paging import page_after
from sagemaker_local.sagemaker.rules import INVALID_TOKEN

_PAGE = 100
_ONLY = "TrainingJob"


def search(records: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for the request `given`. Raises ServiceError ValidationException for a foreign token."""
    expression = given.get("SearchExpression")
    jobs = records if given["Resource"] == _ONLY else []
    found = [record for record in jobs if expression is None or _holds(record, expression)]
    key = given.get("SortBy", "LastModifiedTime")
    found.sort(
        key=lambda record: (_order(next(_values(record, key), None)), record["TrainingJobName"]),
        reverse=given.get("SortOrder", "Descending") == "Descending",
    )
    page, token = page_after(
        found,
        lambda record: str(record["TrainingJobArn"]),
        given.get("NextToken"),
        given.get("MaxResults", _PAGE),
        INVALID_TOKEN,
    )
    return {"Results": [{_ONLY: record} for record in page], **({"NextToken": token} if token else {})}


def _holds(record: Mapping[str, Any], expression: Mapping[str, Any]) -> bool:
    parts = [_passes(record, each) for each in expression.get("Filters", [])]
    parts += [_nested(record, each) for each in expression.get("NestedFilters", [])]
    parts += [_holds(record, each) for each in expression.get("SubExpressions", [])]
    return any(parts) if expression.get("Operator") == "Or" else all(parts)


def _nested(record: Mapping[str, Any], nested: Mapping[str, Any]) -> bool:
    """Whether one element of a list passes all filters, whose names begin with the list's."""
    name = nested["NestedPropertyName"]
    filters = [{**each, "Name": each["Name"].removeprefix(f"{name}.")} for each in nested["Filters"]]
    return any(all(_passes(element, each) for each in filters) for element in _values(record, name))


def _passes(record: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    values = list(_values(record, wanted["Name"]))
    operator, value = str(wanted.get("Operator", "Equals")), str(wanted.get("Value", ""))
    if operator in ("Exists", "NotExists"):
        return bool(values) == (operator == "Exists")
    if "Value" not in wanted:
        raise ServiceError("ValidationException", f"Filter {wanted['Name']}: operator {operator} needs a Value.")
    if operator == "NotEquals":
        return all(_text(each) != value for each in values)
    test = _TESTS[operator]
    return any(test(each, value) for each in values)


def _values(record: Any, path: str) -> Iterator[Any]:
    """What a property's path leads to, each element where it is a list."""
    if path.startswith("Tags."):
        yield from (tag["Value"] for tag in record.get("Tags", []) if tag["Key"] == path.removeprefix("Tags."))
    elif path.startswith("Metrics."):
        metrics = record.get("FinalMetricDataList", [])
        yield from (each["Value"] for each in metrics if each["MetricName"] == path.removeprefix("Metrics."))
    elif isinstance(record, list):
        for element in record:
            yield from _values(element, path)
    elif isinstance(record, Mapping):
        if path in record:  # first: a hyperparameter's name can hold dots
            yield from record[path] if isinstance(record[path], list) else [record[path]]
            return
        for name, inner in record.items():
            if path.startswith(f"{name}."):
                yield from _values(inner, path.removeprefix(f"{name}."))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _order(value: object) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (1, float(value), "")
    return (2, 0.0, _text(value))


def _number(value: object) -> float | None:
    """A number, or seconds since 1970 of a time that is written as text."""
    if isinstance(value, (int, float)):
        return float(value)
    text = str(value)
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


def _compared(test: Callable[[float, float], bool]) -> Callable[[object, str], bool]:
    def compare(value: object, wanted: str) -> bool:
        left, right = _number(value), _number(wanted)
        return left is not None and right is not None and test(left, right)

    return compare


def _equal(value: object, wanted: str) -> bool:
    if _text(value) == wanted:
        return True
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and _number(wanted) == _number(value)


_TESTS: dict[str, Callable[[Any, str], bool]] = {
    "Equals": _equal,
    "Contains": lambda value, wanted: wanted.lower() in _text(value).lower(),
    "In": lambda value, wanted: _text(value) in wanted.split(","),
    "GreaterThan": _compared(lambda left, right: left > right),
    "GreaterThanOrEqualTo": _compared(lambda left, right: left >= right),
    "LessThan": _compared(lambda left, right: left < right),
    "LessThanOrEqualTo": _compared(lambda left, right: left <= right),
}
