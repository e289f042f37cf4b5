"""AWS's Signature Version 4 of a POST, by the standard library alone.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import datetime
import hashlib
import hmac
from typing import Dict, NamedTuple
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
PORTS = {"http": 80, "https": 443}


class Credentials(NamedTuple):
    """Keys of AWS; `token` is empty for those that last."""

    access_key: str
    secret_key: str
    token: str


def signed(
    url: str,
    headers: Dict[str, str],
    body: bytes,
    service: str,
    region: str,
    credentials: Credentials,
    now: datetime.datetime,
) -> Dict[str, str]:
    """The headers to send: those given and the signature's, all of them signed. The URL has no query; `now` is UTC."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = dict(headers, **{"Host": _host(url), "X-Amz-Date": stamp})
    if credentials.token:
        headers["X-Amz-Security-Token"] = credentials.token
    names = sorted(headers, key=str.lower)
    signed_names = ";".join(name.lower() for name in names)
    lines = ["{}:{}\n".format(name.lower(), " ".join(headers[name].split())) for name in names]
    path = quote(urlsplit(url).path or "/", safe="/~")
    request = "\n".join(["POST", path, "", "".join(lines), signed_names, hashlib.sha256(body).hexdigest()])
    scope = "/".join([stamp[:8], region, service, "aws4_request"])
    text = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(request.encode("utf-8")).hexdigest()])
    key = ("AWS4" + credentials.secret_key).encode("utf-8")
    for part in scope.split("/"):
        key = hmac.new(key, part.encode("utf-8"), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()
    headers["Authorization"] = "{} Credential={}/{}, SignedHeaders={}, Signature={}".format(
        ALGORITHM, credentials.access_key, scope, signed_names, signature
    )
    return headers


def _host(url: str) -> str:
    """As an HTTP client sends it: without the port that is its scheme's."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = "[{}]".format(host) if ":" in host else host
    return name if parts.port in (None, PORTS.get(parts.scheme)) else "{}:{}".format(name, parts.port)
