"""Requests by the standard library alone, by the proxies and with the certificates that the container names."""

import http.client
import json
import os
import ssl
import urllib.request
from typing import Any, Dict, List, NamedTuple, Optional
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

# Bytes that are read of an answer: a secret has 64 KiB.
LONGEST = 1 << 20
# Seconds for connecting, and for each piece of an answer.
PATIENCE = 10
# Whose certificates vouch for a server beside the image's own, as AWS's SDK for Python asks for them.
BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


class Answer(NamedTuple):
    """Of any status."""

    status: int
    headers: Dict[str, str]
    body: bytes

    def json(self) -> Dict[str, Any]:
        """The body, where it is a JSON object; empty otherwise."""
        try:
            value = json.loads(self.body.decode("utf-8"))
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class NoAnswerError(Exception):
    """The request got no answer, and why. `lasting`: asking again would not help."""

    def __init__(self, reason: str, lasting: bool) -> None:
        super().__init__(reason)
        self.lasting = lasting


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Credentials go to nobody else."""

    def redirect_request(self, *_: Any) -> None:
        """None: the redirect is the answer."""


def send(
    method: str,
    url: str,
    headers: Dict[str, str],
    body: Optional[bytes] = None,
    by_proxies: bool = True,
    patience: float = PATIENCE,
) -> Answer:
    """Send one request. Raises NoAnswerError."""
    if not url.startswith(("http://", "https://")):
        raise NoAnswerError("{} is not the address of a web server".format(url), True)
    handlers: List[urllib.request.BaseHandler] = [_NoRedirects()]
    if not by_proxies:
        handlers.append(urllib.request.ProxyHandler({}))
    if url.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=_certificates()))
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - checked above
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=patience) as response:
            return Answer(response.status, dict(response.headers), response.read(LONGEST))
    except HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read(LONGEST))
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = error.reason if isinstance(error, URLError) else error
        reason = str(cause) or type(cause).__name__
        lasting = isinstance(cause, ValueError) or "CERTIFICATE_VERIFY_FAILED" in reason
        # A path can have a token in it.
        raise NoAnswerError("{}: {}".format(urlsplit(url).netloc, reason), lasting) from error


def _certificates() -> ssl.SSLContext:
    bundle = next(filter(None, map(os.environ.get, BUNDLES)), None)
    try:
        return ssl.create_default_context(cafile=bundle)
    except OSError as error:
        reason = "the certificates {} cannot be read: {}".format(bundle or "of the image", error)
        raise NoAnswerError(reason, True) from error
