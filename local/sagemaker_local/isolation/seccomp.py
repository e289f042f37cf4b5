"""Linux's seccomp user notification: a process's system calls that another one answers (manual: seccomp_unotify(2)).

Trapped are `connect`, and `sendto` with a destination. All else, and calls of another architecture, go on as ever.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from typing import NamedTuple

_SECCOMP, _CONNECT, _SENDTO, _ARCH = {
    "x86_64": (317, 42, 44, 0xC000003E),
    "aarch64": (277, 203, 206, 0xC00000B7),
}.get(os.uname().machine, (0, 0, 0, 0))
_PIDFD_OPEN, _PIDFD_GETFD = 434, 438
_SET_FILTER, _NEW_LISTENER, _WAIT_KILLABLE = 1, 1 << 3, 1 << 5
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
_RECEIVE, _SEND, _IS_VALID, _ADD = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103
_NOTIFICATION = struct.Struct("QIIiIQ6Q")
_CONTINUE, _IN_PLACE = 1, 1

_libc = ctypes.CDLL(None, use_errno=True)


class Trapped(NamedTuple):
    """A call that waits for an answer: of thread `thread`, on its descriptor `descriptor`, to a socket address."""

    number: int
    thread: int
    descriptor: int
    address: int
    length: int


def trap() -> int:
    """Trap the calls of this process and its children; the descriptor to answer them by. Raises OSError."""
    if not _SECCOMP:
        raise OSError(errno.ENOSYS, f"seccomp on {os.uname().machine} is not known here")
    code = [  # (operation, jump if true, jump if false, value)
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 0, 8, _ARCH),
        (_LOAD, 0, 0, 0),  # the call
        (_EQUAL, 5, 0, _CONNECT),
        (_EQUAL, 0, 5, _SENDTO),
        (_LOAD, 0, 0, 48),  # its fifth argument, the destination, in two halves
        (_EQUAL, 0, 2, 0),
        (_LOAD, 0, 0, 52),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _NOTIFY),
        (_RETURN, 0, 0, _ALLOW),
    ]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
    program = ctypes.create_string_buffer(struct.pack("H6xQ", len(code), ctypes.addressof(filters)))
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER):  # the first since Linux 5.19
        listener = int(_libc.syscall(_SECCOMP, _SET_FILTER, flags, program))
        if listener >= 0:
            return listener
    raise _error("seccomp")


def receive(listener: int) -> Trapped | None:
    """The next call, None for one that was given up meanwhile. Raises OSError."""
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except FileNotFoundError:
        return None
    number, thread, _, call, _, _, *arguments = _NOTIFICATION.unpack(buffer)
    address, length = (arguments[1], arguments[2]) if call == _CONNECT else (arguments[4], arguments[5])
    return Trapped(number, thread, arguments[0] & 0xFFFFFFFF, address, min(length & 0xFFFFFFFF, 128))


def is_valid(listener: int, trapped: Trapped) -> bool:
    """Whether the call still waits, so that what was read of its process is its own."""
    try:
        fcntl.ioctl(listener, _IS_VALID, struct.pack("Q", trapped.number))
    except OSError:
        return False
    return True


def go_on(listener: int, trapped: Trapped) -> None:
    """Let the call be carried out."""
    _answer(listener, struct.pack("QqiI", trapped.number, 0, 0, _CONTINUE))


def refuse(listener: int, trapped: Trapped, number: int) -> None:
    """Let the call fail by an errno."""
    _answer(listener, struct.pack("QqiI", trapped.number, 0, -number, 0))


def replace(listener: int, trapped: Trapped, descriptor: int, *, close_on_exec: bool) -> None:
    """Put a descriptor of ours in the place of the caller's. Raises OSError."""
    flags = os.O_CLOEXEC if close_on_exec else 0
    value = struct.pack("QIIII", trapped.number, _IN_PLACE, descriptor, trapped.descriptor, flags)
    fcntl.ioctl(listener, _ADD, value)


def copy_descriptor(process: int, descriptor: int) -> int:
    """A descriptor of ours for what another process has at its own. Raises OSError."""
    handle = int(_libc.syscall(_PIDFD_OPEN, process, 0))
    if handle < 0:
        raise _error("pidfd_open")
    try:
        copy = int(_libc.syscall(_PIDFD_GETFD, handle, descriptor, 0))
    finally:
        os.close(handle)
    if copy < 0:
        raise _error("pidfd_getfd")
    return copy


def _answer(listener: int, value: bytes) -> None:
    try:
        fcntl.ioctl(listener, _SEND, bytearray(value))
    except FileNotFoundError:
        return  # the caller was killed meanwhile


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
