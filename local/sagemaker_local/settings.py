"""What the server was started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.faults.fault import Fault
from sagemaker_local.images import NamedImage
from sagemaker_local.s3_server import S3Endpoint


@dataclass(frozen=True)
class Seed:
    """A file or folder to put into a bucket at start; a `prefix` that ends in `/` has a file keep its name."""

    bucket: str
    prefix: str
    path: Path


@dataclass(frozen=True)
class Settings:
    """One server."""

    data: Path  # the folder for all it keeps
    host: str = "127.0.0.1"
    port: int = 0
    region: str = "us-east-1"
    isolation: str = "auto"
    containers: str = "auto"  # or none
    time_scale: float = 1.0  # see Pace
    log_delay: float = 0.0
    faults: tuple[Fault, ...] = ()
    seeds: tuple[Seed, ...] = ()
    images: tuple[NamedImage, ...] = ()
    enforce_iam: bool = False  # policies bind everybody whom IAM knows, not only jobs
    strangers: tuple[str, ...] = ()  # buckets of another account
    elsewhere: tuple[tuple[str, str], ...] = ()  # (bucket, region) of our own in other regions
    s3_endpoint: S3Endpoint | None = None
    tls_port: int | None = None  # where AWS's own host names are answered; 0 any free port, None nowhere


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


def parse_elsewhere(text: str) -> tuple[str, str]:
    """`BUCKET=REGION`. Raises ValueError."""
    bucket, _, region = text.partition("=")
    if not (bucket and region):
        raise ValueError(f"{text!r} is not of the form BUCKET=REGION")
    return bucket, region
