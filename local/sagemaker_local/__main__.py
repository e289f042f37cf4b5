"""`python -m sagemaker_local`: reads the command line and serves until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sagemaker_local import __version__
from sagemaker_local.containers.named_images import parse_image
from sagemaker_local.faults.fault import parse_flag
from sagemaker_local.s3.endpoint import S3Endpoint, parse_endpoint
from sagemaker_local.s3.seed import Seed, parse_seed
from sagemaker_local.server.settings import Settings, parse_elsewhere, parse_file_system

Parsed = TypeVar("Parsed")


def read_arguments(arguments: list[str] | None = None) -> Settings:
    """The settings that a command line asks for; ends the process with a usage message when it is wrong."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    parser = argparse.ArgumentParser(prog="sagemaker_local", description="AWS on this machine.")
    add = parser.add_argument

    def add_list(flag: str, parse: Callable[[str], object], metavar: str, what: str) -> None:
        add(flag, action="append", default=[], type=_of(parse), metavar=metavar, help=f"{what} (repeatable)")

    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=0, help="port to listen on; 0 takes any free one")
    add_list(
        "--data",
        _folder_or_seed,
        "DIR | s3://BUCKET/PREFIX=PATH",
        "the folder for everything that is kept; or what is in a bucket from the start",
    )
    add_list("--images", parse_image, "URI=IMAGE", "a local image that stands for one that only AWS has")
    add("--region", default=region)
    add("--isolation", default="auto", choices=["auto", "root", "sudo", "user", "none"])
    add(
        "--containers",
        default="auto",
        choices=["auto", "none"],
        help="auto: containers where a Docker engine has or gets the job's image",
    )
    add("--time-scale", type=_of(_positive), default=1.0, help="factor for waits and grace periods")
    add("--log-delay", type=_of(_not_negative), default=0.0, help="seconds until a job's lines can be read")
    add_list("--fault", parse_flag, "'KIND NAME=VALUE …' | JSON", "what goes wrong; docs/local.md lists the kinds")
    add("--enforce-iam", action="store_true", help="policies bind every principal that IAM knows, not only jobs")
    add_list("--stranger", str, "BUCKET", "a bucket of another account")
    add_list("--elsewhere", parse_elsewhere, "BUCKET=REGION", "a bucket in another region")
    add_list(
        "--file-system", parse_file_system, "ID=DIR", "a folder that takes the place of a file system of EFS or FSx"
    )
    add("--s3-endpoint", type=_of(_endpoint), metavar="URL", help="an S3 server that holds the objects")
    add("--tls", action="store_true", help="answer for AWS's own host names too, behind an HTTP proxy")
    add("--tls-port", type=int, default=0, help="port of that proxy; 0 takes any free one")
    add("--version", action="version", version=__version__)
    given = parser.parse_args(arguments)
    folders = [value for value in given.data if isinstance(value, Path)]
    if len(folders) != 1:
        parser.error("--data DIR: name one folder for everything that is kept")
    if given.tls_port and not given.tls:
        parser.error("--tls-port: only with --tls")
    return Settings(
        data=folders[0],
        host=given.host,
        port=given.port,
        region=given.region,
        isolation=given.isolation,
        containers=given.containers,
        time_scale=given.time_scale,
        log_delay=given.log_delay,
        faults=tuple(given.fault),
        seeds=tuple(value for value in given.data if isinstance(value, Seed)),
        images=tuple(given.images),
        enforce_iam=given.enforce_iam,
        strangers=tuple(given.stranger),
        elsewhere=tuple(given.elsewhere),
        file_systems=tuple(given.file_system),
        s3_endpoint=given.s3_endpoint,
        tls_port=given.tls_port if given.tls else None,
    )


def _of(parse: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
    """A parser whose ValueError's text argparse shows."""

    def convert(text: str) -> Parsed:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def _folder_or_seed(text: str) -> Path | Seed:
    return parse_seed(text) if text.startswith("s3://") else Path(text).expanduser().resolve()


def _endpoint(text: str) -> S3Endpoint:
    return parse_endpoint(text, dict(os.environ))


def _positive(text: str) -> float:
    if float(text) <= 0:
        raise ValueError("must be greater than 0")
    return float(text)


def _not_negative(text: str) -> float:
    if float(text) < 0:
        raise ValueError("must not be negative")
    return float(text)


def main() -> None:
    """Serve."""
    settings = read_arguments()
    from sagemaker_local.server.serving import serve  # late: moto takes a second to import, --help should not

    serve(settings)


if __name__ == "__main__":
    main()
