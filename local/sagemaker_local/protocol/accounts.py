"""The account that this server is: moto's, with its number; and the account that an ARN names."""

from __future__ import annotations

from moto.core.models import DEFAULT_ACCOUNT_ID

ACCOUNT = DEFAULT_ACCOUNT_ID
PARTITION = "aws"  # of all that moto keeps here


def account_of(principal_arn: str) -> str:
    """The account of a principal; an anonymous one is taken for the stand-in's own."""
    parts = principal_arn.split(":")
    return parts[4] if len(parts) > 4 else ACCOUNT
