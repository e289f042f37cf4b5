"""Puts files into buckets before the first client comes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sagemaker_local.s3.client import s3_client
from sagemaker_local.s3.seed import Seed
from sagemaker_local.s3.store import bucket_owner


def plant(seeds: Iterable[Seed], url: str, region: str) -> None:
    """Upload each seed; missing buckets are made."""
    for seed in seeds:
        client = s3_client(url, region)
        if not bucket_owner(seed.bucket):
            where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            client.create_bucket(Bucket=seed.bucket, **where)
        for path, key in _objects(seed):
            client.upload_file(str(path), seed.bucket, key)


def _objects(seed: Seed) -> Iterable[tuple[Path, str]]:
    if seed.path.is_file():
        names_object = seed.prefix and not seed.prefix.endswith("/")
        yield seed.path, seed.prefix if names_object else seed.prefix + seed.path.name
        return
    prefix = f"{seed.prefix.rstrip('/')}/" if seed.prefix else ""
    for path in sorted(seed.path.rglob("*")):
        if path.is_file():
            yield path, prefix + path.relative_to(seed.path).as_posix()
