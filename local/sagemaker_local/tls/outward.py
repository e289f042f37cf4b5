"""Connections to hosts that are not AWS's: direct, or by the proxy that the machine itself has to use."""

from __future__ import annotations

import base64
import socket
import threading
import urllib.request
from contextlib import suppress
from http.client import HTTPConnection
from urllib.parse import SplitResult, unquote, urlsplit

_CONNECT_SECONDS = 30.0
_BLOCK = 65_536


class Outward:
    """Reads the machine's settings once (environment, macOS's network settings), as `urllib` understands them."""

    def __init__(self, own: tuple[str, int]) -> None:
        proxies = {scheme: urlsplit(url) for scheme, url in urllib.request.getproxies().items() if "://" in url}
        # A shell in which this server's variables are set may start the next one: never be one's own client.
        self._proxies = {name: url for name, url in proxies.items() if (url.hostname, url.port) != own}

    def tunnel(self, host: str, port: int) -> socket.socket:
        """A connection on which a client can speak TLS with a host. Raises OSError, HTTPException."""
        proxy = self._proxy("https", host)
        if proxy is None:
            return _without_timeout(socket.create_connection((host, port), _CONNECT_SECONDS))
        connection = HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=_CONNECT_SECONDS)
        connection.set_tunnel(host, port, _authorization(proxy))
        connection.connect()
        return _without_timeout(connection.sock)

    def plain(self, url: SplitResult) -> tuple[HTTPConnection, str, dict[str, str]]:
        """For a request of a plain `http://` URL: whom to send it to, as which target, with which further headers."""
        proxy = self._proxy("http", url.hostname or "")
        if proxy is None:
            target = url._replace(scheme="", netloc="").geturl() or "/"
            return HTTPConnection(url.hostname or "", url.port or 80, timeout=_CONNECT_SECONDS), target, {}
        connection = HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=_CONNECT_SECONDS)
        return connection, url.geturl(), _authorization(proxy)

    def _proxy(self, scheme: str, host: str) -> SplitResult | None:
        proxy = self._proxies.get(scheme)
        if proxy is None or urllib.request.proxy_bypass(host):
            return None
        if proxy.scheme != "http":
            raise OSError(f"a proxy of the kind {proxy.scheme}:// cannot be used here")
        return proxy


def splice(one: socket.socket, other: socket.socket) -> None:
    """Copy both ways until both sides have said all."""
    back = threading.Thread(target=_copy, args=(other, one), daemon=True)
    back.start()
    _copy(one, other)
    back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # one side is gone: so is what it would have said
        while block := source.recv(_BLOCK):
            target.sendall(block)
    for end, direction in ((source, socket.SHUT_RD), (target, socket.SHUT_WR)):
        with suppress(OSError):
            end.shutdown(direction)


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    secret = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(secret).decode()}"}


def _without_timeout(connection: socket.socket) -> socket.socket:
    connection.settimeout(None)
    return connection
