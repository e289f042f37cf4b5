"""The HTTP proxy that clients are pointed at: AWS's hosts are answered by the server itself, others are passed on.

A thread a connection, as in the server itself. Weighed and left: `moto_proxy` (an authority whose key is public, and
answers of its own), `mitmproxy` and `proxy.py` (far more than one CONNECT needs).
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from urllib.parse import urlsplit

from sagemaker_local.protocol.hosts import parse
from sagemaker_local.tls.authority import Authority
from sagemaker_local.tls.client_settings import ClientSettings
from sagemaker_local.tls.outward import Outward, splice
from sagemaker_local.tls.relay import relay

_HTTPS = 443
_HANDSHAKE_SECONDS = 30.0
_ADDRESS = "127.0.0.1"


class TlsProxy(ThreadingMixIn, TCPServer):
    """Listens on 127.0.0.1; `front` is the server's own host and port."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, authority: Authority, front: tuple[str, int], port: int) -> None:
        super().__init__((_ADDRESS, port), _Handler)
        self.authority = authority
        self.front = front
        self.outward = Outward((_ADDRESS, self.server_address[1]))

    def client_settings(self) -> ClientSettings:
        """For clients of this proxy."""
        url = f"http://{_ADDRESS}:{self.server_address[1]}"
        return ClientSettings(url, self.authority.certificate, self.authority.bundle)

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self.serve_forever, name="tls proxy", daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not an error."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client: a tunnel, requests of `http://` URLs, or requests inside TLS that ends here."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s\n"
    server: TlsProxy
    _inside = ""  # the host of AWS's whose TLS ended here

    def do_CONNECT(self) -> None:
        """Open a tunnel, or end TLS."""
        parts = urlsplit(f"//{self.path}")
        try:
            host, port = parts.hostname or "", parts.port or _HTTPS
        except ValueError:
            host, port = "", 0
        if self._inside or not host:
            self._refuse(HTTPStatus.BAD_REQUEST, f"CONNECT {self.path}: not HOST:PORT")
        elif parse(host) and port == _HTTPS:
            self._end_tls(host)
        else:
            self._tunnel(host, port)

    def _end_tls(self, host: str) -> None:
        context = self.server.authority.context(host.rstrip("."))
        self._established()
        self.connection.settimeout(_HANDSHAKE_SECONDS)
        try:
            inside = context.wrap_socket(self.connection, server_side=True)
        except OSError as error:  # an SSLError too
            sys.stderr.write(f"tls: a client did not agree to speak with {host}: {error}\n")
            self.close_connection = True
            return
        inside.settimeout(None)
        self._inside = host
        self.close_connection = False  # it was said of the CONNECT, by clients that speak HTTP/1.0 for it
        self.request = inside
        self.setup()  # further requests are read from inside

    def _tunnel(self, host: str, port: int) -> None:
        self.close_connection = True
        try:
            other = self.server.outward.tunnel(host, port)
        except (OSError, HTTPException) as error:
            self._refuse(HTTPStatus.BAD_GATEWAY, f"{host}:{port}: {error}")
            return
        with other:
            self._established()
            splice(self.connection, other)

    def _established(self) -> None:
        self.send_response_only(HTTPStatus.OK, "Connection established")
        self.end_headers()

    def _relay(self) -> None:
        url = urlsplit(self.path)
        try:
            if self._inside or (url.scheme == "http" and parse(url.netloc)):
                target = self.path if self._inside else url._replace(scheme="", netloc="").geturl() or "/"
                upstream = HTTPConnection(*self.server.front)
                further = {"X-Forwarded-Proto": "https"} if self._inside else {}
            elif url.scheme == "http" and url.hostname:
                upstream, target, further = self.server.outward.plain(url)
            else:
                self._refuse(HTTPStatus.BAD_REQUEST, "This is a proxy: see HTTPS_PROXY.")
                return
            upstream.connect()
            upstream.sock.settimeout(None)
        except (OSError, ValueError) as error:
            self._refuse(HTTPStatus.BAD_GATEWAY, str(error))
            return
        try:
            relay(self, upstream, target, further)
        except ValueError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        except (OSError, HTTPException):
            self._reset()  # whatever broke, the client is to see it break
        finally:
            upstream.close()

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _relay  # noqa: N815 - http.server's

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        self.close_connection = True
        body = f"{text}\n".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def finish(self) -> None:
        """Let go of both layers; the server knows the outer one only."""
        super().finish()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """The server's request log says what is to be said."""
