"""A client's settings by which AWS's own host names are answered here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ClientSettings:
    """`proxy` is a URL, `ca` and `bundle` are files."""

    proxy: str
    ca: Path
    bundle: Path

    def as_json(self) -> dict[str, str]:
        """As on the side URL and in the server's first line."""
        return {"proxy": self.proxy, "ca": str(self.ca), "bundle": str(self.bundle)}

    def environment(self) -> dict[str, str]:
        """The variables by which boto3, `requests`, curl and users of OpenSSL take them; Node the authority only."""
        variables = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.proxy)
        trusting = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
        variables |= dict.fromkeys(trusting, str(self.bundle))
        return {**variables, "NODE_EXTRA_CA_CERTS": str(self.ca)}
