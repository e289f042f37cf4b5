"""What the server says to a supervisor, by bytes on its standard input: `T` terminates, `K` and the end of it kill."""

from __future__ import annotations

import signal

TERMINATE, KILL = b"T", b"K"
_BY_A_TERMINAL = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def obey_orders_only() -> None:
    """Let no signal end this process, as a terminal's Ctrl-C would that is meant for the server."""
    for number in _BY_A_TERMINAL:
        signal.signal(number, signal.SIG_IGN)


def signal_of(order: bytes) -> signal.Signals:
    """What the instance gets; an empty order is the end of them, which also comes when the server is killed."""
    return signal.SIGTERM if order == TERMINATE else signal.SIGKILL
