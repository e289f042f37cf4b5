"""boto3 clients of this server, for what the services behind it do in a caller's name."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from typing import Any, TypeAlias

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from sagemaker_local.protocol.credentials import Credentials

# In the user agent of the services' own requests, which are spared the faults that a client's retries are for.
_OWN_MARK = f"sagemaker-local/{secrets.token_hex(8)}"

S3Client: TypeAlias = Any  # boto3's clients are made at run time

# One for all: each new session reads the models of S3 anew, a fifth of a second's work.
_session = boto3.session.Session()
_making = threading.Lock()  # a session is not safe for threads


def s3_client(url: str, region: str, credentials: Credentials | None = None) -> S3Client:
    """An S3 client; without credentials it acts as the account's administrator."""
    with _making:
        return _session.client(
            "s3",
            region_name=region,
            endpoint_url=url,
            aws_access_key_id=credentials.access_key if credentials else "local",
            aws_secret_access_key=credentials.secret_key if credentials else "local",
            aws_session_token=credentials.token if credentials else None,
            config=Config(
                s3={"addressing_style": "path"}, retries={"max_attempts": 2}, proxies={}, user_agent_extra=_OWN_MARK
            ),
        )


def is_own(environ: Mapping[str, Any]) -> bool:
    """Whether a WSGI request comes from a client of `s3_client`."""
    return _OWN_MARK in environ.get("HTTP_USER_AGENT", "")
