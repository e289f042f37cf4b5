"""KMS keys as requests name them: by ID, ARN, alias or alias ARN. Any key exists here; each alias has a key of its own.

Source: KMS developer guide, "Key identifiers (KeyId)".
"""

from __future__ import annotations

import re
import uuid

from sagemaker_local.protocol.accounts import ACCOUNT, PARTITION

# AWS's key for S3, which everybody in the account may use through S3 (KMS developer guide, "AWS managed keys").
S3_KEY = "alias/aws/s3"
_ALIAS = re.compile(r"arn:[^:]+:kms:[^:]*:[^:]*:(alias/.+)")
_aliases: dict[str, str] = {}


def key_arn(key: str, region: str) -> str:
    """The ARN of the key itself, however it is named; that of an alias's key is made up, always the same."""
    arn = key if key.startswith("arn:") else f"arn:{PARTITION}:kms:{region}:{ACCOUNT}:{_resource(key)}"
    alias = _ALIAS.fullmatch(arn)
    if not alias:
        return arn
    found = f"{arn.removesuffix(alias[1])}key/{uuid.uuid5(uuid.NAMESPACE_URL, arn)}"
    _aliases[found] = alias[1]
    return found


def alias_of(arn: str) -> str | None:
    """The alias by which a key was named so far, None if it was not."""
    return _aliases.get(arn)


def _resource(key: str) -> str:
    return key if key.startswith(("alias/", "key/")) else f"key/{key}"
