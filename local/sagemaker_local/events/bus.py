"""The default event bus: sends events of training jobs to the API destinations that its rules name.

As EventBridge does, it promises neither an order nor that an event comes once, and it tries again. Source: EventBridge
user guide, "API destinations": five seconds for an answer; 401, 407, 409, 429 and 5xx are tried again, other refusals
are not; `Retry-After` is kept to; "Event retry policy": 185 attempts, with growing pauses.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests

from sagemaker_local.events.state_change import state_change
from sagemaker_local.events.transformer import transformed
from sagemaker_local.faults.pace import Pace
from sagemaker_local.faults.register import Faults
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.sagemaker.record import TrainingJob

_ANSWER_SECONDS = 5
_MOST_ATTEMPTS = 185
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 600.0
_TRIED_AGAIN = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
)


@dataclass(frozen=True)
class _Invocation:
    method: str
    url: str
    headers: Mapping[str, str]
    body: str


class EventBus:
    """Every event has a thread of its own, so that a slow destination delays no other event and no job."""

    def __init__(self, faults: Faults, pace: Pace) -> None:
        self._faults = faults
        self._pace = pace

    def announce(self, job: TrainingJob) -> None:
        """Send the event of the job's new status to whom the rules name."""
        moto = sys.modules.get("moto.events.models")
        if moto is None:
            return  # nobody has asked for a rule yet
        backend = moto.events_backends[ACCOUNT][job.region]
        rules = list(backend.event_buses["default"].rules.values())
        if not rules:
            return
        event = state_change(job)
        for rule in rules:
            if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
                for target in rule.targets:
                    self._send(backend, target, event, job.name)

    def _send(self, backend: Any, target: Mapping[str, Any], event: Mapping[str, Any], job: str) -> None:
        name = target["Arn"].rpartition(":api-destination/")[2].partition("/")[0]
        destination = backend.destinations.get(name)
        if destination is None:
            sys.stderr.write(f"{target['Arn']}: only API destinations get events here\n")
            return
        invocation = _Invocation(
            destination.http_method,
            destination.invocation_endpoint,
            _headers(backend, destination.connection_arn),
            transformed(event, target.get("InputTransformer", {})),
        )
        delay = self._faults.event_delay(job)
        for _ in range(1 + self._faults.repeats_event(job)):
            threading.Thread(target=self._deliver, args=(invocation, delay), daemon=True).start()

    def _deliver(self, invocation: _Invocation, delay: float) -> None:
        time.sleep(delay)
        for attempt in range(_MOST_ATTEMPTS):
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt) * random.uniform(0.5, 1)  # noqa: S311 - no secret
            try:
                answer = requests.request(
                    invocation.method,
                    invocation.url,
                    headers=dict(invocation.headers),
                    data=invocation.body.encode(),
                    timeout=_ANSWER_SECONDS,
                )
            except requests.RequestException:
                time.sleep(pause * self._pace.time_scale)
                continue
            if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status_code not in _TRIED_AGAIN:
                return
            told = answer.headers.get("Retry-After", "")
            time.sleep((float(told) if told.isdecimal() else pause) * self._pace.time_scale)
        sys.stderr.write(f"{invocation.url}: given up after {_MOST_ATTEMPTS} attempts\n")


def _headers(backend: Any, connection_arn: str) -> dict[str, str]:
    """Those of the connection, by an API key alone, and those that EventBridge adds."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Amazon/EventBridge/ApiDestinations"}
    for connection in backend.connections.values():
        if connection.arn != connection_arn:
            continue
        parameters = connection.auth_parameters
        for each in parameters.get("InvocationHttpParameters", {}).get("HeaderParameters", []):
            headers[each["Key"]] = each["Value"]
        key = parameters.get("ApiKeyAuthParameters", {})
        if key:
            headers[key["ApiKeyName"]] = key["ApiKeyValue"]
    return headers
