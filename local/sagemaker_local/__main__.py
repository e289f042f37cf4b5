"""`python -m sagemaker_local`: reads the command line and serves until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sagemaker_local import __version__
from sagemaker_local.faults.fault import parse_flag
from sagemaker_local.images import parse_image
from sagemaker_local.s3_server import parse_endpoint
from sagemaker_local.settings import Settings, parse_elsewhere, parse_seed


def read_arguments(arguments: list[str] | None = None) -> Settings:
    """The settings that a command line asks for; ends the process with a usage message when it is wrong."""
    parser = argparse.ArgumentParser(prog="sagemaker_local", description="AWS on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="DIR | s3://BUCKET/PREFIX=PATH",
        help="the folder for everything kept; or what lies in a bucket from the start (repeatable)",
    )
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="URI=IMAGE",
        help="a local image that stands for one that only AWS has (repeatable)",
    )
    parser.add_argument(
        "--enforce-iam", action="store_true", help="policies bind every principal that IAM knows, not only jobs"
    )
    parser.add_argument("--s3-endpoint", metavar="URL", help="an S3 server that holds the objects")
    parser.add_argument("--stranger", action="append", default=[], metavar="BUCKET", help="a bucket of another account")
    parser.add_argument(
        "--elsewhere", action="append", default=[], metavar="BUCKET=REGION", help="a bucket in another region"
    )
    parser.add_argument("--isolation", default="auto", choices=["auto", "root", "sudo", "user", "none"])
    parser.add_argument("--time-scale", type=float, default=1.0, help="factor for waits and grace periods")
    parser.add_argument("--log-delay", type=float, default=0.0, help="seconds until a job's lines can be read")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="'KIND NAME=VALUE …' | JSON",
        help="what goes wrong, as the side URL takes it (repeatable)",
    )
    parser.add_argument(
        "--region", default=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    )
    parser.add_argument("--tls", action="store_true", help="answer for AWS's own host names too, behind an HTTP proxy")
    parser.add_argument("--tls-port", type=int, default=0, help="the proxy's; 0: any free one")
    parser.add_argument("--version", action="version", version=__version__)
    given = parser.parse_args(arguments)
    folders = [value for value in given.data if not value.startswith("s3://")]
    if len(folders) != 1:
        parser.error("--data DIR: name one folder for everything that is kept")
    if given.time_scale <= 0:
        parser.error("--time-scale: must be greater than 0")
    if given.tls_port and not given.tls:
        parser.error("--tls-port: only with --tls")
    if given.log_delay < 0:
        parser.error("--log-delay: must not be negative")
    try:
        faults = tuple(parse_flag(value) for value in given.fault)
    except ValueError as error:
        parser.error(f"--fault: {error}")
    try:
        s3_endpoint = parse_endpoint(given.s3_endpoint, dict(os.environ)) if given.s3_endpoint else None
    except ValueError as error:
        parser.error(f"--s3-endpoint: {error}")
    try:
        elsewhere = tuple(parse_elsewhere(value) for value in given.elsewhere)
    except ValueError as error:
        parser.error(f"--elsewhere: {error}")
    try:
        images = tuple(parse_image(value) for value in given.image)
    except ValueError as error:
        parser.error(f"--image: {error}")
    try:
        seeds = tuple(parse_seed(value) for value in given.data if value.startswith("s3://"))
    except ValueError as error:
        parser.error(f"--data: {error}")
    return Settings(
        data=Path(folders[0]).expanduser().resolve(),
        host=given.host,
        port=given.port,
        region=given.region,
        isolation=given.isolation,
        time_scale=given.time_scale,
        log_delay=given.log_delay,
        faults=faults,
        seeds=seeds,
        images=images,
        enforce_iam=given.enforce_iam,
        s3_endpoint=s3_endpoint,
        strangers=tuple(given.stranger),
        elsewhere=elsewhere,
        tls_port=given.tls_port if given.tls else None,
    )


def main() -> None:
    """Serve."""
    settings = read_arguments()
    from sagemaker_local.server import serve  # late: moto takes a second to import, --help should not

    serve(settings)


if __name__ == "__main__":
    main()
