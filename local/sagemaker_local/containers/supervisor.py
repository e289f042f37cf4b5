"""The process between the server and one container: as isolation/supervisor.py, with the same orders, by the engine.

The output goes from the engine to the server without passing here. Files that the container's users wrote go back to
the server's user at its end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from sagemaker_local.containers.engine import COULD_NOT_START, Engine, EngineError
from sagemaker_local.containers.specification import ContainerSpecification, load
from sagemaker_local.isolation.orders import obey_orders_only, signal_of

_RETRY_SECONDS = 0.05
_NEVER = "0001-01-01T"  # the engine's "not yet"
_KILLED = 137
_SHARED_MEMORY = "8g"  # (assumed: AWS does not say what instances have)
_WRONG_FORMAT = re.compile(r"exec (?:user process caused: |\S+: )exec format error")
# What the docker command itself reads of its environment: `docker --help`, "Environment variables"; Go's own.
_OF_DOCKER = re.compile(
    r"(?i)PATH|HOME|DOCKER_.*|BUILDKIT_.*|.*_PROXY|XDG_.*|SSL_CERT_.*|GO(?:DEBUG|GC|MAXPROCS|MEMLIMIT|TRACEBACK)|LD_.*|TMPDIR"
)


def main(path: str) -> int:
    """Run the container of a specification file to its end; the exit code."""
    obey_orders_only()
    spec = load(Path(path))
    container = _Container(spec)
    try:
        try:
            return container.run()
        finally:
            container.remove()
            _give_back(spec)
    except EngineError as error:
        sys.stderr.write(f"{str(error).splitlines()[-1]}\n")
        return COULD_NOT_START


class _Container:
    def __init__(self, spec: ContainerSpecification) -> None:
        self._spec = spec
        self._engine = Engine(spec.engine)
        self._ended = threading.Event()
        self._killed = threading.Event()

    def run(self) -> int:
        """Raises EngineError."""
        create(self._engine, self._spec)
        threading.Thread(target=self._obey, daemon=True).start()
        try:
            command = self._engine.command("start", "--attach", self._spec.name)
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=False, start_new_session=True
            )
        finally:
            self._ended.set()
        return self._outcome()

    def remove(self) -> None:
        """Whatever state it is in; nothing where it is not there."""
        with suppress(EngineError):
            self._engine.run("rm", "--force", "--volumes", self._spec.name)

    def _obey(self) -> None:
        while True:
            order = os.read(0, 1)
            number = signal_of(order)
            if number == signal.SIGKILL:
                self._killed.set()
            threading.Thread(target=self._send, args=(number,), daemon=True).start()
            if not order:
                return

    def _send(self, number: signal.Signals) -> None:
        """A signal to its first process, which may not run yet."""
        while not self._ended.is_set():
            with suppress(EngineError):
                self._engine.run("kill", "--signal", number.name, self._spec.name)
                return
            time.sleep(_RETRY_SECONDS)

    def _outcome(self) -> int:
        """The exit code; what kept it from starting goes to standard error."""
        state = json.loads(self._engine.run("inspect", "--format", "{{json .State}}", self._spec.name))
        code = int(state["ExitCode"])
        if self._killed.is_set():
            return code or _KILLED
        if state["StartedAt"].startswith(_NEVER):
            sys.stderr.write(f"{_not_started(str(state['Error']))}\n")
            return code or COULD_NOT_START
        if code != 0 and _WRONG_FORMAT.search(self._last_line()):
            sys.stderr.write(f"{self._wrong_format()}\n")
        return code

    def _last_line(self) -> str:
        ran = subprocess.run(
            self._engine.command("logs", "--tail", "1", self._spec.name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return ran.stdout.decode("utf-8", "replace")

    def _wrong_format(self) -> str:
        image = self._engine.run("image", "inspect", "--format", "{{.Architecture}}", "--", self._spec.image).strip()
        here = self._engine.run("version", "--format", "{{.Server.Arch}}").strip()
        why = f"the image is built for {image}, and the Docker engine runs on {here}" if image != here else ""
        return _not_started(f"exec format error{': ' if why else ''}{why}")


def create(engine: Engine, spec: ContainerSpecification) -> None:
    """Make the container; it does not run yet. Raises EngineError."""
    short, long = _parted(spec.environment)
    with tempfile.NamedTemporaryFile("w", dir=spec.folder, suffix=".env", encoding="utf-8") as file:  # mode 0600
        file.writelines(f"{name}={value}\n" for name, value in short.items())
        file.flush()
        entry_point = spec.entry_point or []
        engine.run(
            *("create", "--pull", "never", "--name", spec.name, "--hostname", spec.host_name),
            *("--network", spec.network, "--shm-size", _SHARED_MEMORY),
            *("--ip", spec.address, "--network-alias", spec.host_name),
            *(word for name, address in spec.peers.items() for word in ("--add-host", f"{name}:{address}")),
            *("--log-driver", "local", "--log-opt", "max-size=1m"),
            *(word for name, value in spec.labels.items() for word in ("--label", f"{name}={value}")),
            *(word for pair in spec.binds.items() for word in ("--mount", _bind(*pair))),
            *("--env-file", file.name),
            *(word for name, value in long.items() for word in ("--env", _env_word(name, value))),
            *(("--entrypoint", entry_point[0]) if entry_point else ()),
            *(spec.image, *entry_point[1:], *spec.arguments),
            environment={name: value for name, value in long.items() if not _OF_DOCKER.fullmatch(name)},
        )


def _parted(environment: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Variables that a line of a file can hold, and the others, which the docker command takes of its own."""
    long = {name: value for name, value in environment.items() if "\n" in value or "\r" in value}
    return {name: value for name, value in environment.items() if name not in long}, long


def _env_word(name: str, value: str) -> str:
    """A variable for `--env`: by its name only, with the value in docker's environment, unless docker reads it too."""
    return f"{name}={value}" if _OF_DOCKER.fullmatch(name) else name


def _bind(source: str, target: str) -> str:
    """A mount in CSV, so that any path can be written (docker run, `--mount`)."""
    return ",".join('"{}"'.format(part.replace('"', '""')) for part in ("type=bind", f"src={source}", f"dst={target}"))


def _not_started(why: str) -> str:
    """A FailureReason. (assumed)"""
    for noise in ("failed to create shim task: ", "OCI runtime create failed: ", "runc create failed: "):
        why = why.replace(noise, "")
    return f"AlgorithmError: The container could not be started: {why.removesuffix(': unknown')}"


def _give_back(spec: ContainerSpecification) -> None:
    """Let the server read and remove what the container wrote: by root's right, by sudo, or by a container."""
    uid, gid = spec.owner
    if uid != 0 and any(path.lstat().st_uid != uid for path in Path(spec.folder).rglob("*")):
        owner = f"{uid}:{gid}"
        if not _done_by_sudo(["chown", "-hR", owner, spec.folder]):
            # An image without chown leaves files that the upload may not read, and says so then.
            with suppress(EngineError):
                Engine(spec.engine).run(
                    *("run", "--rm", "--pull", "never", "--network", "none", "--user", "0", "--entrypoint", "chown"),
                    *("--mount", _bind(spec.folder, "/given"), spec.image, "-hR", owner, "/given"),
                )
    for path in [Path(spec.folder), *Path(spec.folder).rglob("*")]:
        with suppress(PermissionError):
            if path.is_dir() and not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o700)
            elif path.is_file() and not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o600)


def _done_by_sudo(command: list[str]) -> bool:
    if not shutil.which("sudo"):
        return False
    nothing = subprocess.DEVNULL  # the job's log is this process's output
    ran = subprocess.run(["sudo", "-n", *command], stdin=nothing, stdout=nothing, stderr=nothing, check=False)
    return ran.returncode == 0
