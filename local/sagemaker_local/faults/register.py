"""The faults in force and the pace of time; safe for many threads."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from sagemaker_local.faults.fault import OF_REQUESTS, Fault, Json, SetFault

_QUOTA = 1000  # instances of a type: more than a machine runs (AWS starts accounts with none to some tens)


class Faults:
    """What the side URL and the flags set."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._set: list[SetFault] = []
        self._numbers = 0
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> dict[str, Json]:
        """Put a fault into force; how the side URL shows it."""
        with self._lock:
            self._numbers += 1
            self._set.append(SetFault(self._numbers, fault, time.time()))
            return self._set[-1].as_json()

    def in_force(self) -> list[dict[str, Json]]:
        """All in force, in the order in which they were set."""
        with self._lock:
            return [each.as_json() for each in self._set]

    def remove(self, number: int | None = None) -> bool:
        """Lift one, or all; whether there was one."""
        with self._lock:
            kept = [each for each in self._set if number is not None and each.number != number]
            found = len(kept) < len(self._set)
            self._set = kept
            return found

    def of_request(self, operation: str, principal: str, needs: Sequence[tuple[str, str]], *, own: bool) -> list[Fault]:
        """The faults that strike a request of `service:Operation`; `needs` are its permissions, (action, resource).

        The services' `own` requests are struck by a missing permission only.
        """

        def means(fault: Fault) -> bool:
            if not (_matches(operation, fault.operation) and _matches(principal, fault.principal)):
                return False
            return fault.kind != "deny" or any(
                _matches(action, fault.action) and _matches(resource, fault.resource) for action, resource in needs
            )

        kinds = ("deny",) if own else OF_REQUESTS
        return self._strike(lambda fault: fault.kind in kinds and means(fault))

    def no_capacity(self, instance_type: str, *, spot: bool) -> bool:
        """Whether there are no instances of a type now."""
        return bool(self._strike(lambda fault: fault.kind == "no-capacity" and _placed(fault, instance_type, spot)))

    def quota(self, instance_type: str, *, spot: bool) -> int:
        """The number of instances of a type that the account may have: the smallest that is set, otherwise 1000."""
        found = self._strike(lambda fault: fault.kind == "quota" and _placed(fault, instance_type, spot))
        return min((fault.limit for fault in found), default=_QUOTA)

    def shown_quota(self, instance_type: str, *, spot: bool) -> int:
        """The same, for who only looks it up: such a look counts as no strike."""
        with self._lock:
            set_ones = [each.fault for each in self._set if each.fault.kind == "quota"]
        return min((fault.limit for fault in set_ones if _placed(fault, instance_type, spot)), default=_QUOTA)

    def prices(self) -> dict[str, float]:
        """Instance types to the prices that are set, the newest of each; such a look counts as no strike."""
        with self._lock:
            set_ones = [each.fault for each in self._set if each.fault.kind == "price"]
        return {fault.instance_type: fault.usd for fault in set_ones}

    def interrupts(self, job: str, training_since: float) -> bool:
        """Whether a spot interruption of a job, in training since then, is due; each interrupts a job once."""
        now = time.time()
        with self._lock:
            for each in self._set:
                fault = each.fault
                due = max(training_since, each.since) + fault.after
                if fault.kind != "interrupt" or not _matches(job, fault.job) or now < due or job in each.jobs:
                    continue
                if fault.times is None or each.struck < fault.times:
                    each.seen, each.struck = each.seen + 1, each.struck + 1
                    each.jobs.add(job)
                    return True
        return False

    def delay_of_role(self, kind: str, role_arn: str) -> float:
        """Seconds for which a fresh role (`role-not-ready`) or policy (`policy-not-seen`) is not there yet."""
        found = self._strike(lambda fault: fault.kind == kind and _matches(role_arn, fault.role))
        return max((fault.seconds for fault in found), default=0.0)

    def token_seconds(self, otherwise: float) -> float:
        """Seconds for which a token of ECR is good that is asked for now."""
        return self._shortest("short-token", otherwise)

    def session_seconds(self, otherwise: float) -> float:
        """Seconds for which a session of a role lasts that is opened now."""
        return self._shortest("short-session", otherwise)

    def _shortest(self, kind: str, otherwise: float) -> float:
        found = self._strike(lambda fault: fault.kind == kind)
        return min((otherwise, *(fault.seconds for fault in found)))

    def event_delay(self, job: str) -> float:
        """Seconds by which an event of a job comes late, so that later ones may overtake it."""
        found = self._strike(lambda fault: fault.kind == "event-late" and _matches(job, fault.job))
        return max((fault.seconds for fault in found), default=0.0)

    def repeats_event(self, job: str) -> int:
        """How often an event of a job comes again."""
        return len(self._strike(lambda fault: fault.kind == "event-twice" and _matches(job, fault.job)))

    def _strike(self, means: Callable[[Fault], bool]) -> list[Fault]:
        struck: list[Fault] = []
        with self._lock:
            for each in self._set:
                fault = each.fault
                if not means(fault):
                    continue
                each.seen += 1
                if each.is_within_quota(time.monotonic()):
                    continue
                counted = each.seen in fault.calls if fault.calls else random.random() < fault.rate  # noqa: S311 - no secret
                if counted and (fault.times is None or each.struck < fault.times):
                    each.struck += 1
                    struck.append(fault)
        return struck


def _placed(fault: Fault, instance_type: str, spot: bool) -> bool:
    return _matches(instance_type, fault.instance_type) and fault.spot in (None, spot)


def _matches(text: str, pattern: str) -> bool:
    # A pattern may also name a role or job without its ARN.
    return fnmatchcase(text, pattern) or fnmatchcase(text.rpartition("/")[2], pattern)
