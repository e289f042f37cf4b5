"""Runs a shell's lines on bare ground: a machine with only the programs that the README names, for an ordinary user.

    ground.py FOLDER [--without PROGRAM]... [--show NAME=PATH]... [--links] < LINES

The ground is a root file system in FOLDER, made anew, in namespaces of its own: by root, or in a user namespace. Where
this machine lets neither be made, or with `--links`, it is a folder of links that is the whole PATH. The first line of
standard error says which. The user's home folder is empty. What `--show` names is there too, the variable NAME leads to
it. The network is this machine's; of its environment only what leads to the package indexes is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "local"))

from programs import NAMED, Machine, link_all
from sagemaker_local.isolation import kernel

# What leads to the package indexes of npm and pip: a proxy, another index, who vouches for it.
_NETWORK = re.compile(
    r"(https?|no|all)_proxy|ssl_cert_(file|dir)|node_extra_ca_certs|requests_ca_bundle|curl_ca_bundle"
    r"|pip_(cert|index_url|extra_index_url|proxy|trusted_host|default_timeout)"
    r"|npm_config_(registry|cafile|proxy|https_proxy|noproxy|strict_ssl)",
    re.IGNORECASE,
)
_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_USER, _HOME = 1000, "/home/newcomer"
_WRITABLE = ("home", "tmp", "var/tmp")
_READ_ONLY = 0x1 | 0x20 | kernel.BIND  # MS_RDONLY and MS_REMOUNT (manual: mount(2))
_NAMESPACES = kernel.NEW_MOUNTS | kernel.NEW_PIDS | kernel.NEW_HOST_NAME


def main() -> int:
    """The exit code of the lines; 2 where this machine has not what the ground needs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without", action="append", default=[], choices=NAMED)
    parser.add_argument("--show", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--links", action="store_true")
    given = parser.parse_args()
    shown = {name: str(Path(path).resolve()) for name, _, path in (each.partition("=") for each in given.show)}
    lines = sys.stdin.read()
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    refusal = "asked for" if given.links else _refusal()
    try:
        if refusal:
            sys.stderr.write(f"bare ground: a PATH of links to the named programs ({refusal})\n")
            return _on_links(given.folder.resolve(), given.without, shown, lines)
        sys.stderr.write(f"bare ground: a root file system {'by root' if _is_root() else 'in a user namespace'}\n")
        _make(given.folder / "root", given.without)
        return _run(lambda: _enter(given.folder / "root", shown, lines))
    except LookupError as error:
        sys.stderr.write(f"{error.args[0]}. It is one of the programs that the README names: install it.\n")
        return 2
    finally:
        shutil.rmtree(given.folder, ignore_errors=True)


def _make(root: Path, without: Sequence[str]) -> None:
    machine = Machine(root)
    machine.lay_out()
    machine.add_basics()
    for program in NAMED:
        if program not in without:
            machine.add(program)
    for path in [*_CERTIFICATES, *_network().values()]:
        if path.startswith("/") and Path(path).is_file():
            machine.add_file(Path(path))
    for name in _DEVICES:
        (root / "dev" / name).touch()
    (root / "etc/passwd").write_text(f"root:x:0:0::/root:/bin/sh\nnewcomer:x:{_USER}:{_USER}::{_HOME}:/bin/sh\n")
    (root / "etc/group").write_text(f"root:x:0:\nnewcomer:x:{_USER}:\n")
    home = root / _HOME.lstrip("/")
    home.mkdir()
    if _is_root():
        os.chown(home, _USER, _USER)


def _enter(root: Path, shown: Mapping[str, str], lines: str) -> None:
    """In a process of its own: leave this machine, and be process 1 of the ground. Raises OSError."""
    nested = _leave_machine()
    os._exit(_run(lambda: _be_first(root, shown, lines, nested=nested)))


def _leave_machine() -> bool:
    """Go to namespaces of this process's own, as root in them; whether that took a user namespace. Raises OSError."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        kernel.unshare(_NAMESPACES)
        return False
    kernel.unshare(_NAMESPACES | kernel.NEW_USERS)
    _map(0, user, group)
    return True


def _be_first(root: Path, shown: Mapping[str, str], lines: str, *, nested: bool) -> None:
    """Process 1 of the ground: mount, start the lines as an ordinary user; all that is left ends with it."""
    kernel.mount("none", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    kernel.bind(str(root), str(root))
    for name in _WRITABLE:
        kernel.bind(str(root / name), str(root / name))
    for name in _DEVICES:
        kernel.bind(f"/dev/{name}", str(root / "dev" / name))
    for name, path in shown.items():
        target = root / "shown" / name
        if Path(path).is_dir():
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        kernel.bind(path, str(target))
    kernel.mount("none", str(root), flags=_READ_ONLY)
    kernel.mount("proc", str(root / "proc"), "proc", kernel.NO_SUID_DEV_EXEC)
    kernel.become_root_of(str(root))
    places = {name: f"/shown/{name}" for name in shown}

    def as_user() -> None:
        if nested:
            kernel.unshare(kernel.NEW_USERS)
            _map(_USER, 0, 0)
        else:
            os.setgroups([])
            os.setgid(_USER)
            os.setuid(_USER)
        _execute(lines, "/usr/bin:/bin", _HOME, places)

    os._exit(_run(as_user))


def _on_links(folder: Path, without: Sequence[str], shown: Mapping[str, str], lines: str) -> int:
    link_all(folder / "links", without)
    (folder / "home").mkdir()
    return _run(lambda: _execute(lines, str(folder / "links"), str(folder / "home"), shown), ends_group=True)


def _execute(lines: str, path: str, home: str, places: Mapping[str, str]) -> None:
    os.setsid()
    os.chdir(home)
    environment = {**_network(), "HOME": home, "PATH": path, "LANG": "C.UTF-8", "NO_COLOR": "1", **places}
    os.execvpe("sh", ["sh", "-e", "-c", lines], environment)  # noqa: S606 - the shell is the user's


def _run(act: Callable[[], None], *, ends_group: bool = False) -> int:
    """What a child process ends with that does this. It is killed when this one ends, and a PID namespace with it.

    Without such a namespace what the child leaves in its process group is killed after it.
    """
    child = os.fork()
    if child == 0:
        kernel.die_with_parent(signal.SIGKILL)
        try:
            act()
        except OSError as error:
            sys.stderr.write(f"{error}\n")
        os._exit(70)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            if ends_group:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _map(inside: int, user: int, group: int) -> None:
    """The one user of a new user namespace (manual: user_namespaces(7))."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {group} 1")


def _refusal() -> str:
    """Why this machine lets no root file system be made; empty where it does."""
    if sys.platform != "linux":
        return "namespaces are Linux's"

    def attempt() -> None:
        _leave_machine()
        kernel.mount("none", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
        os._exit(0)

    return "" if _run(attempt) == 0 else "this machine lets no namespaces be made"


def _is_root() -> bool:
    return os.geteuid() == 0


def _network() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if _NETWORK.fullmatch(name)}


if __name__ == "__main__":
    raise SystemExit(main())
