"""S3 locations, `s3://BUCKET/PREFIX`, as jobs name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sagemaker_local.s3.client import S3Client


@dataclass(frozen=True)
class S3Location:
    """A bucket, and a key or a prefix in it."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def folder(self) -> S3Location:
        """The same, closed by a `/`, so that siblings do not match."""
        return S3Location(self.bucket, f"{self.prefix.rstrip('/')}/" if self.prefix else "")


def parse(uri: str) -> S3Location:
    """The location of an URI that the model's pattern let pass."""
    parts = urlsplit(uri)
    return S3Location(parts.netloc, parts.path.removeprefix("/"))


def keys(client: S3Client, location: S3Location) -> Iterator[str]:
    """All keys that begin with the prefix, sorted; not the empty objects that stand for folders."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=location.prefix)
    for page in pages:
        yield from (entry["Key"] for entry in page.get("Contents", []) if not entry["Key"].endswith("/"))


def place(folder: Path, relative: str) -> Path:
    """Where a key's file goes below a folder, its parents made. Raises ValueError for a way out of the folder."""
    parts = relative.split("/")
    if ".." in parts:
        raise ValueError(f"the key {relative!r} leads out of its folder")
    target = folder.joinpath(*(part for part in parts if part not in ("", ".")))
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
