"""What the policies of a role or user say, read from moto's IAM."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.iam.exceptions import NoSuchEntity, NotFoundException
from moto.iam.models import iam_backends

from sagemaker_local.iam.policy import Document
from sagemaker_local.protocol.accounts import PARTITION


@dataclass(frozen=True)
class Identity:
    """A role or user of IAM, with its policies and boundary."""

    arn: str
    account: str
    policies: tuple[Document, ...]
    boundary: Document | None

    @property
    def names(self) -> tuple[str, ...]:
        """What a resource's policy can call it, beside its session."""
        return self.arn, self.account, f"arn:{PARTITION}:iam::{self.account}:root"


class PolicyTimes:
    """When roles got their policies: those put too lately may not be seen yet. Safe for many threads."""

    def __init__(self, delay: Callable[[str], float]) -> None:
        self._delay = delay
        self._lock = threading.Lock()
        self._times: dict[tuple[str, str], float] = {}

    def note(self, role: str, policy: str) -> None:
        """A policy, by its name or ARN, was put or attached now."""
        with self._lock:
            self._times[role, policy] = time.time()

    def seen(self, role: str, policy: str) -> bool:
        """Whether it has effect already; `role` is the bare name."""
        with self._lock:
            return time.time() - self._times.get((role, policy), 0.0) >= self._delay(role)


def identity_of(principal_arn: str, times: PolicyTimes) -> Identity | None:
    """The role of an assumed-role session, or the user; None for what IAM does not know."""
    _, _, _, _, account, resource = principal_arn.split(":", 5)
    kind, _, name = resource.partition("/")
    backend: Any = iam_backends[account][PARTITION]
    try:
        if kind == "assumed-role":
            found = backend.get_role(name.partition("/")[0])
        elif kind == "user":
            found = backend.get_user(name.rpartition("/")[2])
        else:
            return None
    except (NotFoundException, NoSuchEntity):
        return None
    boundary_arn = getattr(found, "permissions_boundary_arn", None)
    boundary = _managed(backend.get_policy(boundary_arn)) if boundary_arn else None
    return Identity(found.arn, account, tuple(_policies(found, times)), boundary)


def _policies(found: Any, times: PolicyTimes) -> Iterator[Document]:
    for name, document in _inline(found.policies):
        if times.seen(found.name, name):
            yield _read(document)
    for arn, policy in found.managed_policies.items():
        if times.seen(found.name, arn):
            yield _managed(policy)


def _inline(policies: Any) -> list[tuple[str, Any]]:
    return list(policies.items())


def _managed(policy: Any) -> Document:
    document: Any = next(version.document for version in policy.versions if version.is_default)
    return _read(document)


def _read(document: Any) -> Document:
    """A policy's JSON; moto keeps it as the request had it, sometimes still encoded for a URL."""
    if isinstance(document, dict):
        return document
    text = str(document)
    read: Document = json.loads(unquote(text) if text.startswith("%7B") else text)
    return read
