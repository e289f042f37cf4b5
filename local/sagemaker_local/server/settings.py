"""What the server was started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.containers.named_images import NamedImage
from sagemaker_local.faults.fault import Fault
from sagemaker_local.s3.endpoint import S3Endpoint
from sagemaker_local.s3.seed import Seed


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
    file_systems: tuple[tuple[str, Path], ...] = ()  # (id, folder that takes its place)
    s3_endpoint: S3Endpoint | None = None
    tls_port: int | None = None  # where AWS's own host names are answered; 0 any free port, None nowhere


def parse_file_system(text: str) -> tuple[str, Path]:
    """`ID=DIR`, the id of a file system of EFS or FSx and a folder. Raises ValueError."""
    system, _, path = text.partition("=")
    if not (system.startswith("fs-") and path):
        raise ValueError(f"{text!r} is not of the form fs-ID=DIR")
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise ValueError(f"{text!r}: {folder} is not a folder")
    return system, folder


def parse_elsewhere(text: str) -> tuple[str, str]:
    """`BUCKET=REGION`. Raises ValueError."""
    bucket, _, region = text.partition("=")
    if not (bucket and region):
        raise ValueError(f"{text!r} is not of the form BUCKET=REGION")
    return bucket, region
