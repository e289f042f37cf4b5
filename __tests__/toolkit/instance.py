"""An instance without SageMaker: the /opt/ml tree in a folder, launch.sh started in it as by a container."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOOLKIT = Path(__file__).parent.parent.parent / "toolkit"
PACKED = ("task_toolkit", "worker_toolkit")
END = "##ssm-end "


@dataclass
class Ended:
    """What a run left."""

    code: int
    lines: list[str]
    failure: str | None

    @property
    def end(self) -> tuple[str, int]:
        """Host and count of the end line, which is the last."""
        marker, host, _start, count = self.lines[-1].split(" ")
        assert marker == END.strip()
        return host, int(count)

    @property
    def printed(self) -> list[str]:
        """What the script printed: the lines behind the command."""
        at = self.lines.index("Invoking script with the following command:")
        return self.lines[at + 4 : -1]


@dataclass
class Instance:
    """One host of a job."""

    base: Path
    path: str = os.environ["PATH"]
    host: str = "algo-1"
    hosts: list[str] = field(default_factory=lambda: ["algo-1"])
    environment: dict[str, str] = field(default_factory=lambda: {"LANG": "C.UTF-8"})
    # Beside the hosts, in resourceconfig.json.
    resources: dict[str, Any] = field(default_factory=lambda: {"network_interface_name": "eth0"})

    @property
    def state(self) -> Path:
        return self.base.parent / "state"

    def prepare(
        self, files: Mapping[str, str], job: dict[str, Any], shell: str, hyperparameters: Mapping[str, object]
    ) -> None:
        """Write the tree: the user's files, the toolkit, the job's files, SageMaker's configuration."""
        config = self.base / "input" / "config"
        for folder in (
            config,
            self.base / "output" / "data",
            self.base / "model",
            self.base / "input" / "data" / "ssm_code",
        ):
            folder.mkdir(parents=True, exist_ok=True)
        resources = {**self.resources, "current_host": self.host, "hosts": self.hosts}
        mode = {"TrainingInputMode": "File", "RecordWrapperType": "None"}
        channels = {folder.name: mode for folder in (self.base / "input" / "data").iterdir()}
        texts = {key: json.dumps(value) for key, value in hyperparameters.items()}
        documents = {"resourceconfig": resources, "inputdataconfig": channels, "hyperparameters": texts}
        documents["checkpointconfig"] = {"S3Uri": "s3://b/state", "LocalPath": str(self.state)}
        for name, document in documents.items():
            (config / f"{name}.json").write_text(json.dumps(document))
        code = self.base / "code"
        for name in PACKED:
            shutil.copytree(TOOLKIT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
        (code / "task_toolkit" / "job.json").write_text(json.dumps(job))
        (code / "task_toolkit" / "job.sh").write_text(shell)
        for name, text in files.items():
            (code / name).parent.mkdir(parents=True, exist_ok=True)
            (code / name).write_text(text)

    def start(self, *prefix: str) -> "subprocess.Popen[bytes]":
        """launch.sh, as the container's entry point starts it; by the program `prefix`, where there is one."""
        environment = {
            "PATH": self.path,
            "SAGEMAKER_BASE_DIR": str(self.base),
            "TRAINING_JOB_NAME": "job-1",
            "SM_STUDIO_LOCAL_MODE": "true",
        }
        return subprocess.Popen(
            [*prefix, shutil.which("sh", path=self.path) or "sh", "task_toolkit/launch.sh"],
            cwd=self.base / "code",
            env={**environment, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def finish(self, process: "subprocess.Popen[bytes]") -> Ended:
        """Wait for its end."""
        output, _ = process.communicate(timeout=120)
        failure = self.base / "output" / "failure"
        text = failure.read_text(errors="replace") if failure.exists() else None
        return Ended(process.returncode, output.decode("utf-8", "replace").split("\n")[:-1], text)


def quoted(text: str) -> str:
    """A shell's word, as the action writes it into job.sh."""
    return "'" + text.replace("'", "'\\''") + "'"


def job_shell(entrypoint: str, words: list[str]) -> str:
    """job.sh as the action makes it."""
    return "\n".join(
        [f"ssm_entrypoint={quoted(entrypoint)}", "export SM_HPS='{}'", f"set -- {' '.join(map(quoted, words))}", ""]
    )


def interpreters() -> Iterator[Path]:
    """Every Python of 3.6 or later on this machine, oldest first."""
    folders = [Path(part) for part in os.environ["PATH"].split(os.pathsep)]
    folders += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    folders += sorted(Path(os.environ.get("RUNNER_TOOL_CACHE", "/opt/hostedtoolcache")).glob("Python/*/*/bin"))
    found: dict[tuple[int, int], Path] = {sys.version_info[:2]: Path(sys.executable)}
    for minor in range(6, 20):
        for folder in folders:
            program = folder / f"python3.{minor}"
            # A version manager's shim is there for versions that are not.
            if (3, minor) not in found and program.exists() and _runs(program, minor):
                found[(3, minor)] = program
    yield from (found[version] for version in sorted(found))


def _runs(program: Path, minor: int) -> bool:
    script = f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"
    return subprocess.run([program, "-c", script], capture_output=True, check=False).returncode == 0


def without_python(folder: Path, programs: Mapping[str, str]) -> str:
    """A PATH that has these programs only: name → what it links to."""
    folder.mkdir()
    for name, target in programs.items():
        (folder / name).symlink_to(target)
    return str(folder)
