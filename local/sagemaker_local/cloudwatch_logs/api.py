"""The operations of CloudWatch Logs that clients of SageMaker call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.cloudwatch_logs.paging import INVALID_TOKEN, MAX_EVENTS, page
from sagemaker_local.cloudwatch_logs.search import search
from sagemaker_local.cloudwatch_logs.store import Group, LogStore, now_ms
from sagemaker_local.cloudwatch_logs.stream import Stream
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.call import Answer, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.paging import page_after
from sagemaker_local.protocol.validation import checked

_DESCRIBED = 50
_FOREVER = 1 << 62


class LogsApi:
    """Each operation takes a call and gives the answer's JSON value. All raise ServiceError."""

    def __init__(self, store: LogStore) -> None:
        self._store = store

    def operations(self) -> dict[str, Operation]:
        """By name, each checking the request first."""
        named = {
            "CreateLogGroup": self._create_group,
            "CreateLogStream": self._create_stream,
            "DescribeLogGroups": self._describe_groups,
            "DescribeLogStreams": self._describe_streams,
            "FilterLogEvents": self._filter,
            "GetLogEvents": self._get,
            "PutLogEvents": self._put,
        }
        return checked({name: _of_call(operation) for name, operation in named.items()}, "InvalidParameterException")

    def _create_group(self, region: str, given: Mapping[str, Any]) -> Answer:
        self._store.create_group(region, given["logGroupName"])
        return {}

    def _create_stream(self, region: str, given: Mapping[str, Any]) -> Answer:
        self._store.create_stream(region, given["logGroupName"], given["logStreamName"])
        return {}

    def _put(self, region: str, given: Mapping[str, Any]) -> Answer:
        stream = self._store.stream(region, given["logGroupName"], given["logStreamName"])
        events = given["logEvents"]
        messages = [str(event["message"]).encode() for event in events]
        stream.append(messages, [int(event["timestamp"]) for event in events], now_ms())
        return {"nextSequenceToken": f"{len(stream):056d}"}

    def _describe_groups(self, region: str, given: Mapping[str, Any]) -> Answer:
        groups = {group.name: group for group in self._store.groups(region)}
        names, token = _page_of_names(list(groups), given, given.get("logGroupNamePrefix", ""))
        described = [{**_group_arns(region, groups[name]), "creationTime": groups[name].created} for name in names]
        return {"logGroups": described, **token}

    def _describe_streams(self, region: str, given: Mapping[str, Any]) -> Answer:
        group = self._store.group(region, _group_name(given))
        prefix = given.get("logStreamNamePrefix", "")
        names = sorted(group.streams)
        if given.get("orderBy") == "LastEventTime":
            if prefix:
                text = "Cannot order by LastEventTime with a logStreamNamePrefix."
                raise ServiceError("InvalidParameterException", text)
            names.sort(key=lambda name: group.streams[name].description().get("lastEventTimestamp", 0))
        if given.get("descending"):
            names.reverse()
        names, token = _page_of_names(names, given, prefix)
        return {"logStreams": [_described_stream(region, group, group.streams[name]) for name in names], **token}

    def _get(self, region: str, given: Mapping[str, Any]) -> Answer:
        stream = self._store.stream(region, _group_name(given), given["logStreamName"])
        token = given.get("nextToken")
        found = page(
            stream,
            token,
            from_head=bool(given.get("startFromHead", False)),
            limit=given.get("limit", MAX_EVENTS),
            start=given.get("startTime", 0),
            end=given.get("endTime", _FOREVER),
        )
        events = [
            {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingestion_time}
            for event in found.events
        ]
        return {"events": events, "nextForwardToken": found.forward, "nextBackwardToken": found.backward}

    def _filter(self, region: str, given: Mapping[str, Any]) -> Answer:
        group = self._store.group(region, _group_name(given))
        names, prefix = given.get("logStreamNames"), given.get("logStreamNamePrefix")
        if names and prefix:
            text = "logStreamNames and logStreamNamePrefix cannot both be given."
            raise ServiceError("InvalidParameterException", text)
        streams = [
            stream
            for name, stream in group.streams.items()
            if (names is None or name in names) and name.startswith(prefix or "")
        ]
        found, token = search(
            streams,
            given.get("nextToken"),
            given.get("filterPattern", ""),
            given.get("limit", MAX_EVENTS),
            given.get("startTime", 0),
            given["endTime"] + 1 if "endTime" in given else _FOREVER,  # here, not in GetLogEvents, the end is included
        )
        events = [
            {
                "logStreamName": stream.name,
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.ingestion_time,
                "eventId": stream.event_id(event.timestamp, event.number),
            }
            for stream, event in found
        ]
        return {"events": events, "searchedLogStreams": [], **({"nextToken": token} if token else {})}


def _of_call(operation: Callable[[str, Mapping[str, Any]], Answer]) -> Operation:
    return lambda call: operation(call.region, call.parameters)


def _group_name(given: Mapping[str, Any]) -> str:
    name = given.get("logGroupName") or str(given.get("logGroupIdentifier", "")).rpartition("log-group:")[2]
    if not name:
        raise ServiceError("InvalidParameterException", "logGroupName or logGroupIdentifier must be given.")
    return str(name)


def _page_of_names(names: list[str], given: Mapping[str, Any], prefix: str) -> tuple[list[str], dict[str, str]]:
    """A page of the names with a prefix, and `{"nextToken"}` if more follow."""
    chosen = [name for name in names if name.startswith(prefix)]
    page, token = page_after(chosen, str, given.get("nextToken"), given.get("limit", _DESCRIBED), INVALID_TOKEN)
    return page, {"nextToken": token} if token else {}


def _group_arns(region: str, group: Group) -> dict[str, str]:
    arn = f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group.name}"
    return {"logGroupName": group.name, "arn": f"{arn}:*", "logGroupArn": arn}


def _described_stream(region: str, group: Group, stream: Stream) -> dict[str, Any]:
    arn = f"{_group_arns(region, group)['logGroupArn']}:log-stream:{stream.name}"
    described = {"logStreamName": stream.name, "creationTime": stream.created, "arn": arn, "storedBytes": 0}
    return {**described, **stream.description()}
