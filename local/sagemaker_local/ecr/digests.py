"""Digests of content: `ALGORITHM:HEX` (OCI image-spec, `descriptor.md`, "Digests"), of the two that it registers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO

from sagemaker_local.protocol.errors import ServiceError

_DIGEST = re.compile(r"(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})")
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Digest:
    """`hex` is lower case and as long as the algorithm makes it: both parts are safe as names of files."""

    algorithm: str
    hex: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


def find_digest(text: str) -> Digest | None:
    """The digest that a text spells; None for any other text, and for a digest of another algorithm."""
    found = _DIGEST.fullmatch(text)
    if found is None:
        return None
    return Digest(found[1] or found[3], found[2] or found[4])


def parse_digest(text: str) -> Digest:
    """The digest that a client sends. Raises ServiceError DIGEST_INVALID."""
    found = find_digest(text)
    if found is None:
        wanted = "sha256: and 64 digits of 0-9a-f, or sha512: and 128 of them"
        raise ServiceError("DIGEST_INVALID", f'"{text}" is not a valid digest: it must be {wanted}.')
    return found


def digest_of(content: bytes, algorithm: str = "sha256") -> Digest:
    """Of bytes in memory."""
    return Digest(algorithm, hashlib.new(algorithm, content).hexdigest())


def digest_of_file(file: BinaryIO, algorithm: str) -> Digest:
    """Of what a file has from its position on, read in blocks."""
    state = hashlib.new(algorithm)
    while block := file.read(_BLOCK):
        state.update(block)
    return Digest(algorithm, state.hexdigest())
