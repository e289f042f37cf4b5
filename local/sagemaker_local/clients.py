"""boto3 clients of this server, for what the services behind it do in a caller's name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, TypeAlias

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from sagemaker_local.accounts import Credentials

# Told by it, the services' own requests are spared the faults that clients get over by trying again.
_OWN_MARK = f"sagemaker-local/{secrets.token_hex(8)}"

S3Client: TypeAlias = Any  # boto3's clients are made at run time


def s3_client(url: str, region: str, credentials: Credentials | None = None) -> S3Client:
    """An S3 client; without credentials it acts as the account's administrator."""
    session = boto3.session.Session()
    return session.client(
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
