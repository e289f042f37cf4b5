"""A client's connection: moto's handler of it, quiet, and clear with who speaks TLS."""

from __future__ import annotations

from io import BufferedReader
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

from sagemaker_local.protocol.clock import clock

_TLS_HANDSHAKE = b"\x16"  # the first byte of a connection that begins with TLS (RFC 8446, section 5.1)
_NO_TLS = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connection(MotoRequestHandler):
    """The request log says what an access log would."""

    rfile: BufferedReader

    def handle_one_request(self) -> None:
        """Answers TLS by an error in HTTP: an engine with containerd then asks again without TLS."""
        if self.rfile.peek(1)[:1] == _TLS_HANDSHAKE:
            self.wfile.write(_NO_TLS)
            self.close_connection = True
        else:
            super().handle_one_request()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header `Date`: by AWS's clock, to which SDKs correct theirs."""
        return super().date_time_string(clock.now() if timestamp is None else timestamp)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""

    def log_error(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its name
        """Nothing: docker tries TLS before it asks a registry of this machine."""

    def handle_expect_100(self) -> bool:
        """Nothing: werkzeug answers `Expect: 100-continue` itself."""
        return True

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Expect no further request of it."""
        del error, environ
        self.close_connection = True
