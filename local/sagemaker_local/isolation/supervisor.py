"""The process between the server and one instance: starts it, passes orders on, and sees that nothing outlives it.

Started by supervisors.py; needs the standard library only, since under `sudo` it is all there is. It obeys the orders
of orders.py: SIGTERM goes to the instance's first process, SIGKILL to all. Its standard output is the instance's; what
goes wrong before the command runs is written to standard error. Exit code: the command's, 128 + n where signal n ended
it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from sagemaker_local.isolation.orders import obey_orders_only, signal_of
from sagemaker_local.isolation.specification import Specification, load

ON_LINUX = sys.platform == "linux"
if ON_LINUX:
    from sagemaker_local.isolation import gate, kernel, network, root_folder, seccomp, sockets

_NOT_FOUND = 127  # as a shell says
_NOT_STARTED = 125


def main(path: str) -> int:
    """Run the instance of a specification file to its end; the exit code."""
    spec = load(Path(path))
    obey_orders_only()
    if ON_LINUX:
        kernel.adopt_orphans()
    maker = sockets.fork_maker() if spec.network else None
    if spec.kind != "none":
        _unshare(spec)
    sender = gate.fork_gate(spec.network, maker) if spec.network and maker else None
    if spec.kind != "none":
        kernel.unshare(kernel.NEW_PIDS)  # last: who has done so can start no thread
    first = os.fork()
    if first == 0:
        _become_instance(spec, sender)
    if sender:
        sender.close()
    status = _supervise(first)
    _end_what_is_left(first)
    _give_back(spec)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _unshare(spec: Specification) -> None:
    """With `user` become root in a user namespace; enter the network."""
    flags = kernel.NEW_NETWORK if spec.network else 0
    if spec.kind == "user":
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(flags | kernel.NEW_USERS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    elif flags:
        kernel.unshare(flags)
    if spec.network:
        network.set_up(spec.network)


def _become_instance(spec: Specification, sender: socket.socket | None) -> NoReturn:
    """The child: sets its surroundings up and becomes the command."""
    try:
        os.setsid()
        if ON_LINUX:
            kernel.die_with_parent(signal.SIGKILL)
        if spec.kind == "none":
            os.chdir(spec.folder)
        else:
            kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_HOST_NAME)
            kernel.set_host_name(spec.host_name)
            root_folder.enter(spec)
        os.umask(0o022)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if sender:
            listener = seccomp.trap()
            socket.send_fds(sender, [b"+"], [listener])
            os.close(listener)
    except OSError:
        sys.__excepthook__(*sys.exc_info())
        os._exit(_NOT_STARTED)
    sys.stderr.flush()
    os.dup2(1, 2)
    try:
        os.execvpe(spec.command[0], spec.command, spec.environment)  # noqa: S606 - the job is what is to run
    except OSError as error:
        os.write(1, f'exec: "{spec.command[0]}": {error.strerror}\n'.encode())
        os._exit(_NOT_FOUND)


def _supervise(first: int) -> int:
    """Pass orders on until the first process ends; its wait status."""
    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    sources = [0, waker]
    while True:
        ended = _reap()
        if first in ended:
            return ended[first]
        ready = select.select(sources, [], [])[0]
        if waker in ready:
            os.read(waker, 4096)
        if 0 in ready:
            orders = os.read(0, 64)
            os.kill(first, signal_of(orders))
            if not orders:
                sources.remove(0)


def _reap() -> dict[int, int]:
    """Wait status by PID of all children that ended."""
    ended = {}
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            ended[pid] = status
    return ended


def _end_what_is_left(first: int) -> None:
    """Kill what the first process leaves behind; in a PID namespace the kernel has done so."""
    with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, when only zombies are left
        os.killpg(first, signal.SIGKILL)
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while children.exists():
        left = children.read_text().split()
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _give_back(spec: Specification) -> None:
    """Let the server read and remove what the instance wrote."""
    for parent, folders, files in os.walk(spec.folder):
        for name in [".", *folders, *files]:
            path = Path(parent, name)
            mode = path.lstat().st_mode
            if spec.kind == "sudo":
                os.chown(path, *spec.owner, follow_symlinks=False)
            if stat.S_ISDIR(mode):
                path.chmod(stat.S_IMODE(mode) | stat.S_IRWXU)
            elif stat.S_ISREG(mode):
                path.chmod(stat.S_IMODE(mode) | stat.S_IRUSR | stat.S_IWUSR)
