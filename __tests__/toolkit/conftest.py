"""Instances with the newest and the oldest Python of the machine, and without any."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from instance import Ended, Instance, interpreters, job_shell, without_python

PYTHONS = list(interpreters())


def runs(*words: str | Path) -> bool:
    """Whether a program ends well."""
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


@pytest.fixture(scope="session")
def with_pip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The given Python, or one of its own kind where it has no pip, as Debian's has not."""
    made: dict[str, str] = {}

    def find(python: str) -> str:
        if python not in made and runs(python, "-m", "pip", "--version"):
            made[python] = python
        if python not in made:
            folder = tmp_path_factory.mktemp("pip")
            subprocess.run([python, "-m", "venv", folder], check=True)
            made[python] = str(folder / "bin" / "python")
        return made[python]

    return find


@pytest.fixture(params=sorted({PYTHONS[0], PYTHONS[-1]}), ids=lambda path: Path(path).name)
def python(request: pytest.FixtureRequest, tmp_path: Path, with_pip: Callable[[str], str]) -> Instance:
    """An instance whose image has this Python, and pip."""
    folder = tmp_path / "python"
    folder.mkdir()
    # A script, not a link: a Python finds its library by where it lies.
    (folder / "python3").write_text(f'#!/bin/sh\nexec {with_pip(request.param)} "$@"\n')
    (folder / "python3").chmod(0o755)
    return Instance(tmp_path / "ml", path=f"{folder}:/usr/bin:/bin")


def virtual_environment(instance: Instance, has_pip: bool = True) -> Path:
    """Give the instance one of its Python, to which packages can be installed; with that Python's own, as pip."""
    folder = instance.base.parent / "venv"
    options = ["--system-site-packages"] if has_pip else []
    python = instance.base.parent / "python" / "python3"
    subprocess.run([python, "-m", "venv", "--without-pip", *options, folder], check=True)
    if has_pip and not runs(folder / "bin" / "python", "-m", "pip", "--version"):
        # The Python is itself of an environment: its pip is beside it, not in the system's packages.
        where = "import os, pip; print(os.path.dirname(os.path.dirname(pip.__file__)))"
        packages = subprocess.check_output([python, "-c", where], text=True)
        next(folder.glob("lib/*/site-packages")).joinpath("pip.pth").write_text(packages)
    instance.path = f"{folder / 'bin'}:{instance.path}"
    return folder


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
    flags: tuple[str, ...] = (),
    secrets: dict[str, Any] | None = None,
) -> None:
    """Prepare an instance for the file that is the entrypoint (the only one by default), or for `run`."""
    lines = files.pop("run", None)
    name = None if lines is not None else entrypoint or next(iter(files))
    values = hyperparameters or {}
    job = {"entrypoint": name, "run": lines is not None, "arguments": list(arguments), "distribution": distribution}
    job["flags"] = list(flags)
    words = [word for key in sorted(values) for word in (f"--{key}", str(values[key]))] + list(arguments)
    if lines is not None:
        files = {**files, "task_toolkit/run.sh": lines}
    if secrets:
        job["secrets"] = secrets
    shell = job_shell(name or "", words) + ("ssm_distribution=torchrun\n" if distribution else "")
    shell += "ssm_secrets=1\n" if secrets else ""
    instance.prepare(files, job, shell, values)
