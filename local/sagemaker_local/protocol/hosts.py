"""AWS's own host names: what they say of service, region and bucket.

Sources: AWS General Reference, "AWS service endpoints" (`SERVICE.REGION.amazonaws.com`, `.amazonaws.com.cn` in China,
`SERVICE.REGION.api.aws` with IPv6); Amazon S3 User Guide, "Virtual hosting of buckets" and "Making requests over IPv6".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

SUFFIXES = ("amazonaws.com", "amazonaws.com.cn", "api.aws")

_REGION = r"[a-z]{2,3}(?:-[a-z]+)+-\d+"
_S3 = re.compile(rf"(?:(.+)\.)?s3(?:[.-](?:fips|dualstack|accelerate|external-1))*(?:[.-]({_REGION}))?")
_NO_REGION = {"amazonaws.com.cn": "cn-north-1"}  # of hosts that name none, as sts.amazonaws.com


@dataclass(frozen=True)
class AwsHost:
    """`service` is the name that requests to it are signed with (assumed: the last word that is not a region)."""

    service: str
    region: str
    bucket: str = ""


def parse(host: str) -> AwsHost | None:
    """What a host name, with or without port, says; None if it is not AWS's."""
    name = host.lower().partition(":")[0].rstrip(".")
    suffix = next((each for each in SUFFIXES if name.endswith(f".{each}")), None)
    if suffix is None:
        return None
    own = name.removesuffix(f".{suffix}")
    s3 = _S3.fullmatch(own)
    if s3:
        return AwsHost("s3", s3[2] or _NO_REGION.get(suffix, "us-east-1"), s3[1] or "")
    *labels, last = (label for label in own.split(".") if label != "dualstack")
    if labels and re.fullmatch(_REGION, last):
        return AwsHost(labels[-1].removesuffix("-fips"), last)
    return AwsHost(last.removesuffix("-fips"), _NO_REGION.get(suffix, "us-east-1"))


def to_path_style(environ: dict[str, Any]) -> None:
    """Have a WSGI request to an S3 host name a bucket by its path, as all that answers here expects it."""
    host = parse(environ.get("HTTP_HOST", ""))
    if host is None:
        return
    environ["wsgi.url_scheme"] = "https"
    if host.service != "s3":
        return
    environ["HTTP_HOST"] = f"s3.{host.region}.amazonaws.com"
    if host.bucket:
        for name in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
            environ[name] = f"/{host.bucket}{environ.get(name) or '/'}"
