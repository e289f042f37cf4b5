"""The worker libraries beside those that PyPI's simple-sagemaker packs, of both its generations: names, attributes and
values in the same environment.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import start
from instance import TOOLKIT, Instance

VENVS = os.environ.get("CLIENT_VENVS", "")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not VENVS, reason="no ssm: npm run test:full fetches it"),
]


class Generation(NamedTuple):
    """A published worker library."""

    venv: str
    module: str
    # An expression for the attributes that it reads.
    attributes: str


GENERATIONS = [
    Generation("ssm-0.9.12", "task_toolkit.algo_lib", "worker.parseArgs()"),
    Generation("ssm", "worker_toolkit.worker_lib", "worker.WorkerConfig().config"),
]
# Every public name with its parameters, and those of its classes; what the module imports is not its own.
NAMES = """
import importlib, inspect, json, sys
worker = importlib.import_module(sys.argv[1])
def members(owner, prefix):
    for name, value in vars(owner).items():
        if name.startswith("_") and name != "__init__" or inspect.ismodule(value):
            continue
        if inspect.isclass(value) and value.__module__ == worker.__name__:
            found[prefix + name] = "class"
            members(value, prefix + name + ".")
        elif inspect.isfunction(value):
            parameters = inspect.signature(value).parameters.values()
            found[prefix + name] = [[each.name, repr(each.default)] for each in parameters]
        elif not inspect.isclass(value):
            found[prefix + name] = type(value).__name__
found = {}
members(worker, "")
print(json.dumps(found))
"""
# Module → what its worker does with its state.
STATES = {
    "task_toolkit.algo_lib": """
args = worker.parseArgs()
print(worker.initMultiWorkersState(args))
worker.markCompleted(args)
print(worker.getInstanceStatePath(args), worker.initMultiWorkersState(args))
""",
    "worker_toolkit.worker_lib": """
config = worker.WorkerConfig(set_debug_level=False)
print(config.state, config.instance_state, config.per_instance_state)
config.initMultiWorkersState()
""",
}
VALUES = """
import importlib, json, os, sys
module, expression, out = sys.argv[1:4]
sys.argv[1:4] = []
worker = importlib.import_module(module)
before = dict(os.environ)
attributes = vars(eval(expression))
changed = {name: value for name, value in os.environ.items() if before.get(name) != value}
with open(out, "w") as file:
    typed = {name: [type(value).__name__, value] for name, value in attributes.items()}
    json.dump([typed, changed, sys.argv[1:]], file)
"""


def theirs(generation: Generation) -> Path:
    """The folder that holds the package as ssm packs it."""
    package = next(Path(VENVS, generation.venv).glob("lib/python*/site-packages/simple_sagemaker"))
    name = generation.module.split(".", maxsplit=1)[0]
    assert [path.parent.name for path in package.glob("*/__init__.py")] == [name], "another folder is packed too"
    return package


def names(folder: Path, generation: Generation) -> dict[str, Any]:
    command = [sys.executable, "-c", NAMES, generation.module]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return dict(json.loads(subprocess.check_output(command, env=environment)))


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda generation: generation.module)
def test_every_public_name_is_here(generation: Generation) -> None:
    wanted = names(theirs(generation), generation)
    assert len(wanted) >= 6
    found = names(TOOLKIT, generation)
    assert {name: found.get(name, "missing") for name in wanted} == wanted


LAUNCHED = {"lr": 0.1, "epochs": 3, "name": "é", "list": [1, None], "batch-size": 8, "use-cuda": True, "batch_size": 9}
JOBS: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "nothing": ({}, (), (), ("algo-1",)),
    "hyperparameters": (LAUNCHED, (), (), ("algo-1",)),
    "channels and hosts": ({}, (), ("data", "model", "Train", "my_x"), ("algo-1", "algo-2")),
    "a channel alike an attribute": ({}, (), ("dir",), ("algo-1",)),
    "the command line": (
        {},
        (
            "--model_dir",
            "/x",
            "--num_cpus",
            "3",
            "--hosts",
            '["algo-1"]',
            "--learning-rate=1e-3",
            "--resource-config",
            "",
        ),
        ("data",),
        ("algo-1",),
    ),
    "what ssm packs": ({"a": 1}, ("--external_hps", "\"--b 'c d'\"", "z"), (), ("algo-1",)),
}


def run_beside(environment: dict[str, str], folder: Path, generation: Generation, out: Path, words: list[str]) -> Any:
    """Attributes with their types, the variables that were set, the command line afterwards."""
    command = [sys.executable, "-c", VALUES, generation.module, generation.attributes, str(out), *words]
    ran = subprocess.run(
        command,
        env={**environment, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(out.read_text())


def assert_equal(environment: dict[str, str], generation: Generation, words: list[str], tmp_path: Path) -> None:
    wanted = run_beside(environment, theirs(generation), generation, tmp_path / "theirs", words)
    found = run_beside(environment, TOOLKIT, generation, tmp_path / "ours", words)
    attributes, ours = wanted[0], found[0]
    assert len(attributes) >= 20
    assert {name: ours.get(name, "missing") for name in attributes} == attributes
    assert found[1:] == wanted[1:]
    own = {"network_interface_name"} if generation.venv == "ssm-0.9.12" else set()
    assert ours.keys() - attributes.keys() == own


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda generation: generation.module)
@pytest.mark.parametrize("job", JOBS)
def test_every_attribute_is_the_same_in_a_job(generation: Generation, job: str, tmp_path: Path) -> None:
    hyperparameters, arguments, channels, hosts = JOBS[job]
    instance = Instance(tmp_path / "ml", host=hosts[-1], hosts=list(hosts))
    for channel in channels:
        (instance.base / "input" / "data" / channel).mkdir(parents=True)
    dump = tmp_path / "dump"
    script = (
        "import json, os, sys\n"
        "with open(os.environ['DUMP'], 'w') as file:\n"
        "    json.dump([dict(os.environ), sys.argv[1:]], file)\n"
    )
    instance.environment["DUMP"] = str(dump)
    start(instance, {"w.py": script}, hyperparameters=hyperparameters, arguments=arguments)
    ended = instance.finish(instance.start())
    assert ended.code == 0, ended.lines
    environment, words = json.loads(dump.read_text())
    # 0.9.12 knows no other state folder than /state, 0.9.24 no other folder for TensorBoard.
    state = tmp_path / "state"
    words += ["--state", str(state)] if generation.venv == "ssm-0.9.12" else []
    del environment["SAGEMAKER_BASE_DIR"]
    assert_equal(environment, generation, words, tmp_path)


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda generation: generation.module)
def test_and_outside_of_one(generation: Generation, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "SSM_STATE": str(tmp_path / "state")}
    words = ["--state", str(tmp_path / "state")] if generation.venv == "ssm-0.9.12" else []
    assert_equal(environment, generation, words, tmp_path)


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda generation: generation.module)
@pytest.mark.parametrize("before", [(), ("algo-1/x",), ("algo-1/x", "algo-2/x", "algo-3/a/x", "x")], ids=len)
def test_the_same_is_logged_and_left_in_the_state(
    generation: Generation, before: tuple[str, ...], tmp_path: Path
) -> None:
    def left(folder: Path) -> tuple[list[str], dict[str, str]]:
        state = tmp_path / "state"
        shutil.rmtree(state, ignore_errors=True)
        for name in before:
            (state / name).parent.mkdir(parents=True, exist_ok=True)
            (state / name).write_text("before")
        script = "import logging, sys; logging.basicConfig(stream=sys.stdout, level='INFO')\n"
        script += f"import {generation.module} as worker\n{STATES[generation.module]}"
        environment = {"SM_CURRENT_HOST": "algo-1", "SM_HOSTS": '["algo-1"]', "SAGEMAKER_JOB_NAME": "job-1"}
        environment |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "SSM_STATE": str(state)}
        command = [sys.executable, "-u", "-B", "-c", script, "--state", str(state)]
        lines = subprocess.check_output(command, env=environment, text=True).splitlines()
        # The order of attributes is no promise.
        shown = [line.partition("Namespace(")[0] for line in lines]
        return shown, {str(path.relative_to(state)): path.read_text() for path in state.rglob("*") if path.is_file()}

    assert left(TOOLKIT) == left(theirs(generation))
