"""Instances with the newest and the oldest Python of the machine, and without any."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from instance import Ended, Instance, interpreters, job_shell, without_python

PYTHONS = list(interpreters())


@pytest.fixture(params=sorted({PYTHONS[0], PYTHONS[-1]}), ids=lambda path: Path(path).name)
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Instance:
    """An instance whose image has this Python."""
    folder = tmp_path / "python"
    folder.mkdir()
    # A script, not a link: a Python finds its library by where it lies.
    (folder / "python3").write_text(f'#!/bin/sh\nexec {request.param} "$@"\n')
    (folder / "python3").chmod(0o755)
    return Instance(tmp_path / "ml", path=f"{folder}:/usr/bin:/bin")


# What the launcher uses where an image has it.
USEFUL = ("date", "env", "fold", "sleep")
# Shells without anything else, then with that: name → program → what it links to.
SHELLS = {
    "sh": {"sh": "/bin/sh"},
    "sh and bash": {"sh": "/bin/sh", "bash": shutil.which("bash")},
    "bash as sh": {"sh": shutil.which("bash")},
    "busybox": {"sh": shutil.which("busybox")},
    "sh and more": {"sh": "/bin/sh", **{name: shutil.which(name) for name in USEFUL}},
    "bash and more": {"sh": shutil.which("bash"), **{name: shutil.which(name) for name in USEFUL}},
    "busybox and more": {name: shutil.which("busybox") for name in ("sh", *USEFUL)},
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Instance:
    """An instance whose image has no Python."""
    programs = {**SHELLS[request.param], "tar": shutil.which("tar"), "gzip": shutil.which("gzip")}
    found = {name: target for name, target in programs.items() if target is not None}
    if len(found) < len(programs):
        pytest.skip(f"this machine has no {', '.join(programs.keys() - found.keys())}")
    return Instance(tmp_path / "ml", path=without_python(tmp_path / "bin", found))


Run = Callable[..., Ended]


@pytest.fixture
def run() -> Run:
    """Run an entrypoint or shell lines on an instance to the end."""

    def run_on(instance: Instance, files: dict[str, str], **given: Any) -> Ended:
        start(instance, files, **given)
        return instance.finish(instance.start())

    return run_on


def start(
    instance: Instance,
    files: dict[str, str],
    entrypoint: str | None = None,
    arguments: tuple[str, ...] = (),
    hyperparameters: dict[str, Any] | None = None,
    distribution: dict[str, Any] | None = None,
) -> None:
    """Prepare an instance for the file that is the entrypoint (the only one by default), or for `run`."""
    lines = files.pop("run", None)
    name = None if lines is not None else entrypoint or next(iter(files))
    values = hyperparameters or {}
    job = {"entrypoint": name, "run": lines is not None, "arguments": list(arguments), "distribution": distribution}
    words = [word for key in sorted(values) for word in (f"--{key}", str(values[key]))] + list(arguments)
    if lines is not None:
        files = {**files, "task_toolkit/run.sh": lines}
    shell = job_shell(name or "", words) + ("ssm_distribution=torchrun\n" if distribution else "")
    instance.prepare(files, job, shell, values)
