"""What is in a bucket from the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Seed:
    """A file or folder to put into a bucket at start; a `prefix` that ends in `/` has a file keep its name."""

    bucket: str
    prefix: str
    path: Path


def parse_seed(text: str) -> Seed:
    """`s3://BUCKET/PREFIX=PATH`, parted at the first `=`. Raises ValueError."""
    location, equals, path = text.removeprefix("s3://").partition("=")
    bucket, _, prefix = location.partition("/")
    if not (bucket and equals and path):
        raise ValueError(f"{text!r} is not of the form s3://BUCKET/PREFIX=PATH")
    source = Path(path).expanduser()
    if not source.exists():
        raise ValueError(f"{text!r}: {source} does not exist")
    return Seed(bucket, prefix, source)
