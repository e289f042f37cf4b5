"""Which isolation this machine allows: found by trying, in the order root, sudo, user namespace, none."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.isolation.instance import Instance
from sagemaker_local.isolation.network import INTERFACE, Network
from sagemaker_local.isolation.specification import Specification

_PROBE_SECONDS = 20.0
_EXCEPTION = re.compile(r"^\w+Error: (\[Errno \d+\] )?")  # what Python puts before an error's own words
# Not the one of a virtual environment, which may be in /tmp: an instance has a /tmp of its own.
_PYTHON = str(Path(sys.executable).resolve())
_FILE_PROBE = "test $$ = 1 && test -f /opt/ml/probe/hosts"
_PORT_PROBE = """
import socket, sys
assert "eth0" in dict(socket.if_nameindex()).values()
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
"""


@dataclass(frozen=True)
class Isolation:
    """`kind`: root, sudo, user or none. `networks`: whether instances have networks of their own."""

    kind: str
    reason: str
    networks: bool = False

    @property
    def summary(self) -> str:
        """What it means for jobs that run as processes, in a line for standard error."""
        if self.kind == "none":
            what = "instances are plain processes in folders of their own, and share the machine's network"
        else:
            what = f"each instance has its own files{', processes and network' if self.networks else ' and processes'}"
        return f"isolation of jobs: {self.kind} ({self.reason}): {what}\n"

    @property
    def interface(self) -> str:
        """The network interface that has a host's address."""
        if self.networks:
            return INTERFACE
        return "lo0" if sys.platform == "darwin" else "lo"


def choose(wanted: str, scratch: Path) -> Isolation:
    """The best isolation that works, or the wanted one. Ends the process when that one does not work."""
    if wanted == "none":
        return Isolation("none", "asked for")
    refusals: list[str] = []
    for kind in [wanted] if wanted != "auto" else ["root", "sudo", "user"]:
        refusal = _refusal(kind, scratch / f"probe-{kind}", None)
        if refusal is None:
            how = "asked for and works" if wanted != "auto" else "works"
            no_network = _network_refusal(kind, scratch / f"probe-{kind}-network")
            shared = f"; instances share the machine's network: {no_network}" if no_network else ""
            return Isolation(kind, "; ".join([*refusals, how]) + shared, networks=not no_network)
        same = any(earlier.endswith(f": {refusal}") for earlier in refusals)
        refusals.append(f"{kind}: {'the same' if same else refusal}")
    if wanted != "auto":
        raise SystemExit(f"--isolation {wanted} does not work here: {refusals[0]}")
    return Isolation("none", "; ".join(refusals))


def _network_refusal(kind: str, folder: Path) -> str | None:
    """Why an instance cannot have a network of its own from which the machine is reached; None if it can."""
    with socket.create_server(("127.0.0.1", 0)) as machine:
        return _refusal(kind, folder, machine.getsockname()[1])


def _refusal(kind: str, folder: Path, port: int | None) -> str | None:
    """Why this kind does not work here, by running a probe in it; None if it does.

    With a port, which the machine listens on, in a network of its own.
    """
    if sys.platform != "linux":
        return "only on Linux"
    if kind == "root" and os.geteuid() != 0:
        return "not root"
    if kind == "sudo" and not shutil.which("sudo"):
        return "no sudo"
    inside = folder / "inside"
    inside.mkdir(parents=True)
    (inside / "hosts").touch()
    spec = Specification(
        kind=kind,
        folder=str(folder),
        command=["sh", "-c", _FILE_PROBE] if port is None else [_PYTHON, "-I", "-S", "-c", _PORT_PROBE, str(port)],
        environment={"PATH": os.defpath},
        host_name="algo-1",
        binds={str(inside): "/opt/ml/probe", str(inside / "hosts"): "/etc/hosts"},
        owner=(os.getuid(), os.getgid()),
        network=None if port is None else Network("algo-1", "198.18.0.2", {"algo-2": "198.18.0.3"}, str(inside), False),
    )
    instance = Instance(spec)
    try:
        code = instance.wait(_PROBE_SECONDS)
        fault = instance.fault().strip()
        if code == 0:
            return None
        return _EXCEPTION.sub("", fault.splitlines()[-1]) if fault else f"a probe ended with exit code {code}"
    finally:
        instance.kill()
        instance.wait(_PROBE_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
