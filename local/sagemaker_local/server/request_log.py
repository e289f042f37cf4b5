"""The log of requests: one JSON object a line in a file, so that an IAM policy can be judged against it.

Shape: `{"received", "time": seconds since 1970 of the request and of its answer, "principal": ARN, "service",
"operation", "action": "s3:PutObject", "resource": ARN, "also": [{"action", "resource"}], "expected_owner": account id
or "", "status": HTTP status, "error": its code or ""}`. `also` are the further permissions that the call needs;
`expected_owner` is the account whose the bucket must be; status 0 is an answer that a fault
withheld, cut or truncated.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sagemaker_local.iam.permissions import Permission
from sagemaker_local.protocol.call import Call


class RequestLog:
    """Appends entries to a file; safe for many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("ab", buffering=0)

    def add(self, call: Call, caller: str, needs: Sequence[Permission], status: int, error: str) -> None:
        """Append what a call, which needs these permissions, was answered; status 0: the connection was cut."""
        first, *further = needs
        entry = {
            "received": call.received,
            "time": time.time(),
            "principal": caller,
            "service": call.service,
            "operation": call.operation,
            "action": first.action,
            "resource": first.resource,
            "also": [{"action": each.action, "resource": each.resource} for each in further],
            "expected_owner": call.parameters.get("ExpectedBucketOwner", ""),
            "status": status,
            "error": error,
        }
        line = json.dumps(entry).encode() + b"\n"
        with self._lock:
            self._file.write(line)

    def entries(self) -> list[dict[str, Any]]:
        """All entries, oldest first."""
        with self._lock:
            text = self._path.read_bytes()
        return [json.loads(line) for line in text.splitlines()]

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._file.truncate(0)
