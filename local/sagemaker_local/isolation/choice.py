"""Which isolation this machine allows: found by trying, in the order root, sudo, user namespace, none."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.isolation.instance import Instance
from sagemaker_local.isolation.specification import Specification

_PROBE_SECONDS = 20.0


@dataclass(frozen=True)
class Isolation:
    """`kind`: root, sudo, user or none."""

    kind: str
    reason: str


def choose(wanted: str, scratch: Path) -> Isolation:
    """The best isolation that works, or the wanted one. Ends the process when that one does not work."""
    if wanted == "none":
        return Isolation("none", "asked for")
    refusals: list[str] = []
    for kind in [wanted] if wanted != "auto" else ["root", "sudo", "user"]:
        refusal = _refusal(kind, scratch / f"probe-{kind}")
        if refusal is None:
            how = "asked for and works" if wanted != "auto" else "works"
            return Isolation(kind, "; ".join([*refusals, how]))
        refusals.append(f"{kind}: {refusal}")
    if wanted != "auto":
        raise SystemExit(f"--isolation {wanted} does not work here: {refusals[0]}")
    return Isolation("none", "; ".join(refusals))


def _refusal(kind: str, folder: Path) -> str | None:
    """Why this kind does not work here, by running `true` in it; None if it does."""
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
        command=["sh", "-c", "test $$ = 1 && test -f /opt/ml/probe/hosts"],
        environment={"PATH": os.defpath},
        host_name="algo-1",
        binds={str(inside): "/opt/ml/probe", str(inside / "hosts"): "/etc/hosts"},
        owner=(os.getuid(), os.getgid()),
    )
    instance = Instance(spec)
    try:
        code = instance.wait(_PROBE_SECONDS)
        fault = instance.fault().strip()
        if code == 0:
            return None
        return fault.splitlines()[-1] if fault else f"exit code {code}"
    finally:
        instance.kill()
        instance.wait(_PROBE_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
