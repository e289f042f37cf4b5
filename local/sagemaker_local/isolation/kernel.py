"""Linux system calls that Python 3.10 has no function for (manual: unshare(2), mount(2), pivot_root(2), prctl(2))."""

from __future__ import annotations

import ctypes
import os

NEW_MOUNTS = 0x00020000
NEW_HOST_NAME = 0x04000000
NEW_USERS = 0x10000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

BIND = 0x1000
RECURSIVE = 0x4000
PRIVATE = 0x40000
NO_SUID_DEV_EXEC = 0x2 | 0x4 | 0x8

_DETACH = 2
_DEATH_SIGNAL = 1
_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the caller's namespaces for new ones. Raises OSError."""
    _check(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount `source` on `target`. Raises OSError."""
    arguments = [text.encode() if text else None for text in (source, target, kind)]
    result = _libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() if options else None)
    _check(result, f"mount {kind or 'bind'}", target)


def bind(source: str, target: str) -> None:
    """Show `source`, with all that is mounted in it, at `target`. Raises OSError."""
    mount(source, target, flags=BIND | RECURSIVE)


def become_root_of(folder: str) -> None:
    """Make a mount point the root of the mount namespace and let go of the old one. Raises OSError."""
    os.chdir(folder)
    _check(_libc.pivot_root(b".", b"."), "pivot_root", folder)
    _check(_libc.umount2(b".", _DETACH), "umount", "/")
    os.chdir("/")


def set_host_name(name: str) -> None:
    """The host name of the UTS namespace. Raises OSError."""
    raw = name.encode()
    _check(_libc.sethostname(raw, ctypes.c_size_t(len(raw))), "sethostname")


def die_with_parent(number: int) -> None:
    """Have the kernel send a signal to this process when its parent ends."""
    _check(_libc.prctl(_DEATH_SIGNAL, ctypes.c_ulong(number), 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    _check(_libc.prctl(_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def _check(result: int, call: str, path: str | None = None) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}", path)
