"""The faults that a user can set, as JSON objects `{"kind": …, …}`, each with its fields and their meaning.

A fault of a request (OF_REQUESTS: `throttle`, `reset`, …) names its requests by
`operation` (`sagemaker:DescribeTrainingJob`, `s3:*`), `principal` (an ARN) and, for `deny`, `action` and `resource`;
all may hold `*` and `?`. Of those it hits the ones that `calls` counts (from 1), or a share `rate` of them, and at most
`times`; with `per-second` those alone that are more than so many in a second, as an account's quota has it. The others
are asked for where they matter, by a method of the register each: `no-capacity`, `quota`, …
"""

from __future__ import annotations

import json
import shlex
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

Json: TypeAlias = Any


@dataclass(frozen=True)
class Fault:
    """One fault. FIELDS has the fields of each kind; times are in seconds."""

    kind: str
    operation: str = "*"
    principal: str = "*"
    action: str = "*"
    resource: str = "*"
    calls: tuple[int, ...] = ()
    rate: float = 1.0
    times: int | None = None
    per_second: int | None = None
    code: str = ""
    message: str = ""
    status: int = 0
    seconds: float = 0.0
    when: str = "before"
    page: bool = False
    retry_after: float | None = None
    instance_type: str = "*"
    spot: bool | None = None
    limit: int = 0
    usd: float = 0.0
    job: str = "*"
    after: float = 0.0
    role: str = "*"

    def as_json(self) -> dict[str, Json]:
        """The fault as JSON, with the fields that its kind has."""
        return {"kind": self.kind, **{name: getattr(self, name.replace("-", "_")) for name in FIELDS[self.kind]}}


_REQUEST = ("operation", "principal", "calls", "rate", "times")
FIELDS: dict[str, tuple[str, ...]] = {
    "error": (*_REQUEST, "code", "message", "status"),
    "server-error": (*_REQUEST, "page"),
    "throttle": (*_REQUEST, "per-second", "retry-after"),
    "reset": (*_REQUEST, "when"),
    "hang": (*_REQUEST, "when", "seconds"),
    "truncate": _REQUEST,
    "slow": (*_REQUEST, "seconds"),
    "expired-credentials": _REQUEST,
    "deny": (*_REQUEST, "action", "resource"),
    "no-capacity": ("instance-type", "spot", "times"),
    "quota": ("instance-type", "spot", "limit"),
    "price": ("instance-type", "usd"),
    "interrupt": ("job", "after", "times"),
    "role-not-ready": ("role", "seconds"),
    "policy-not-seen": ("role", "seconds"),
    "short-token": ("seconds",),
    "short-session": ("seconds",),
    "event-late": ("job", "seconds", "times"),
    "event-twice": ("job", "times"),
}
_REQUIRED = {
    "error": ("code",),
    "hang": ("seconds",),
    "slow": ("seconds",),
    "quota": ("limit",),
    "price": ("instance-type", "usd"),
    "role-not-ready": ("seconds",),
    "policy-not-seen": ("seconds",),
    "short-token": ("seconds",),
    "short-session": ("seconds",),
    "event-late": ("seconds",),
}
OF_REQUESTS = tuple(kind for kind, names in FIELDS.items() if "operation" in names)
_ONCE = ("interrupt",)  # kinds that strike once unless `times` says otherwise
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("rate", "seconds", "after", "usd", "retry-after"), (int, float)),
    **dict.fromkeys(("times", "status", "limit", "per-second"), (int,)),
    "calls": (list, tuple),
    "spot": (bool,),
    "page": (bool,),
}


def parse(value: Json) -> Fault:
    """A fault of its JSON. Raises ValueError that names the field."""
    if not isinstance(value, Mapping) or value.get("kind") not in FIELDS:
        raise ValueError(f"`kind` must be one of {', '.join(FIELDS)}")
    kind = str(value["kind"])
    given = {name: each for name, each in value.items() if name != "kind" and each is not None}
    unknown = sorted(set(given) - set(FIELDS[kind]))
    if unknown:
        raise ValueError(f"{kind} has no {', '.join(unknown)}: its fields are {', '.join(FIELDS[kind])}")
    missing = [name for name in _REQUIRED.get(kind, ()) if name not in given]
    if missing:
        raise ValueError(f"{kind} needs {', '.join(missing)}")
    for name, each in given.items():
        _check(name, each)
    if kind in _ONCE:
        given.setdefault("times", 1)
    if "calls" in given:
        given["calls"] = tuple(given["calls"])
    return Fault(kind, **{name.replace("-", "_"): each for name, each in given.items()})


def parse_flag(text: str) -> Fault:
    """A fault of a command line: JSON, or `KIND NAME=VALUE …` with JSON or plain values. Raises ValueError."""
    if text.lstrip().startswith("{"):
        return parse(json.loads(text))
    kind, *pairs = shlex.split(text)
    value: dict[str, Json] = {"kind": kind}
    for pair in pairs:
        name, equals, raw = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r} is not of the form NAME=VALUE")
        value[name] = _plain(raw) if _TYPES.get(name) else raw
    return parse(value)


def _plain(raw: str) -> Json:
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _check(name: str, value: Json) -> None:
    kinds = _TYPES.get(name, (str,))
    fits = isinstance(value, kinds) and (not isinstance(value, bool) or kinds == (bool,))
    if not fits:
        raise ValueError(f"{name}: {value!r} is not a {' or '.join(kind.__name__ for kind in kinds)}")
    if name == "rate" and not 0 <= value <= 1:
        raise ValueError("rate: must be from 0 to 1")
    if name == "calls" and not all(isinstance(each, int) and each >= 1 for each in value):
        raise ValueError("calls: must be numbers of calls, counted from 1")
    if name == "when" and value not in ("before", "after"):
        raise ValueError("when: must be `before` or `after` the request is carried out")
    if name in ("seconds", "after", "limit", "times", "per-second", "usd", "retry-after") and value < 0:
        raise ValueError(f"{name}: must not be negative")
    if name == "status" and not 400 <= value <= 599:
        raise ValueError("status: must be from 400 to 599")


@dataclass
class SetFault:
    """A fault in force: `seen` requests that it means so far, and how often it struck."""

    number: int
    fault: Fault
    since: float
    seen: int = 0
    struck: int = 0
    jobs: set[str] = field(default_factory=set)
    granted: deque[float] = field(default_factory=deque)

    def is_within_quota(self, now: float) -> bool:
        """Whether a request comes before `per_second` others were granted in a second; it is granted then."""
        while self.granted and now - self.granted[0] >= 1:
            self.granted.popleft()
        within = self.fault.per_second is not None and len(self.granted) < self.fault.per_second
        if within:
            self.granted.append(now)
        return within

    def as_json(self) -> dict[str, Json]:
        """As the side URL shows it."""
        return {"id": self.number, **self.fault.as_json(), "seen": self.seen, "struck": self.struck}


assert {name.replace("-", "_") for names in FIELDS.values() for name in names} <= {each.name for each in fields(Fault)}  # noqa: S101 - of the table above
