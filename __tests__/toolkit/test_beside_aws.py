"""The script's arguments and SM_* beside those that AWS's own sagemaker-training gives, started on the same files."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import start
from instance import Instance

VENVS = os.environ.get("CLIENT_VENVS", "")
WORKER = Path(VENVS) / "worker" / "bin"
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not VENVS, reason="no sagemaker-training: npm run test:full fetches it"),
]

DUMP = """
import json, os, sys
variables = {name: value for name, value in os.environ.items() if name.startswith("SM_")}
with open(os.environ["DUMP"], "w") as file:
    json.dump([sys.argv[1:], variables], file)
"""
TYPES = {
    "text": "plain",
    "umlaut": "ü",
    "integer": 3,
    "large": 12345678901234567890,
    "rate": 0.1,
    "small": 1e-07,
    "flag": True,
    "off": False,
    "none": None,
    "list": [1, "a", None, [2.5]],
    "map": {"y": 2, "x": [1]},
    "empty": {},
    "number_as_text": "7",
    "Mixed-Case.key": "v",
}
GROUP = {"instance_group_name": "g", "instance_type": "ml.m5.large", "hosts": ["algo-1", "algo-2"]}
OTHER = {"instance_group_name": "h", "instance_type": "ml.c5.large", "hosts": ["algo-3"]}
ONE_GROUP = {"current_instance_type": "ml.m5.large", "current_group_name": "g", "instance_groups": [GROUP]}
TWO_GROUPS = {**ONE_GROUP, "instance_groups": [GROUP, OTHER], "network_interface_name": "ens5"}
# Name → hyperparameters, channels, hosts, resources beside them.
JOBS: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...], dict[str, Any]]] = {
    "nothing": ({}, (), ("algo-1",), {"network_interface_name": "eth0"}),
    "all types": (TYPES, (), ("algo-1",), ONE_GROUP),
    "keys of one letter": ({"b": 64, "n": "x", "z": None}, (), ("algo-1",), ONE_GROUP),
    "several channels": ({}, ("train", "my-data.1", "Validation_2"), ("algo-1",), ONE_GROUP),
    "several hosts": ({"lr": 1}, ("train",), ("algo-1", "algo-2"), ONE_GROUP),
    "several groups": ({}, ("train",), ("algo-1", "algo-2", "algo-3"), TWO_GROUPS),
    "blanks and quotes": ({"msg": "two  blanks 'and' \"quotes\" $HOME", "empty": ""}, (), ("algo-1",), ONE_GROUP),
    "a framework's": ({"sagemaker_mystery": "m", "sagemaker_container_log_level": 10}, (), ("algo-1",), ONE_GROUP),
}


def dumped(instance: Instance, command: list[str], name: str) -> tuple[list[str], dict[str, Any]]:
    """Arguments and variables of the script as this launcher starts it; JSON values parsed."""
    dump = instance.base.parent / name
    environment = {
        "PATH": instance.path,
        "LANG": "C.UTF-8",
        "SAGEMAKER_BASE_DIR": str(instance.base),
        "TRAINING_JOB_NAME": "job-1",
        "SAGEMAKER_JOB_NAME": "job-1",
        # The hosts are only names here.
        "SM_STUDIO_LOCAL_MODE": "true",
        "DUMP": str(dump),
        # Where a package comes from, and what builds one.
        **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_CERT"))},
    }
    code = instance.base / "code"
    ran = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    arguments, variables = json.loads(dump.read_text())
    return arguments, {name: parsed(value) for name, value in variables.items()}


def parsed(value: str) -> Any:
    return json.loads(value) if value.startswith(("{", "[")) else value


@pytest.mark.parametrize("name", JOBS)
def test_arguments_and_variables_are_awss(tmp_path: Path, name: str) -> None:
    hyperparameters, channels, hosts, resources = JOBS[name]
    instance = Instance(tmp_path / "ml", f"{WORKER}:/usr/bin:/bin", hosts[-1], list(hosts), resources=resources)
    for channel in channels:
        (instance.base / "input" / "data" / channel).mkdir(parents=True)
    # For AWS's: the action's own job has neither, and its launcher passes neither on.
    code = str(instance.base / "code")
    given = {**hyperparameters, "sagemaker_program": "sub/w.py", "sagemaker_submit_directory": code}
    start(instance, {"sub/w.py": DUMP}, hyperparameters=given)
    ours = dumped(instance, ["sh", "task_toolkit/launch.sh"], "ours")
    hide_code_channel(instance)
    theirs = dumped(instance, [str(WORKER / "train")], "theirs")
    assert ours[0] == theirs[0]
    assert differences(ours[1], theirs[1]) == {}


SETUP = """
from setuptools import find_packages, setup

setup(name="churn-of-a-test", package_dir={"": "src"}, packages=find_packages("src"), install_requires=["six"])
"""


def test_a_package_is_installed_as_awss_does(tmp_path: Path) -> None:
    """AWS's starts the module `train`, ours the file: each finds the package, its arguments and the same variables."""
    instance = Instance(tmp_path / "ml", f"{WORKER}:/usr/bin:/bin", resources=ONE_GROUP)
    code = str(instance.base / "code")
    given = {"epochs": 3, "sagemaker_program": "train.py", "sagemaker_submit_directory": code}
    script = "from churn_of_a_test import fit\nassert fit() == 'fitted'\n" + DUMP
    files = {"train.py": script, "setup.py": SETUP, "requirements.txt": "six\n"}
    files["src/churn_of_a_test/__init__.py"] = "def fit():\n    return 'fitted'\n"
    start(instance, files, entrypoint="train.py", hyperparameters=given)
    uninstall = [str(WORKER / "python"), "-m", "pip", "uninstall", "--yes", "-q", "churn-of-a-test"]
    try:
        ours = dumped(instance, ["sh", "task_toolkit/launch.sh"], "ours")
        subprocess.run(uninstall, check=True)
        hide_code_channel(instance)
        theirs = dumped(instance, [str(WORKER / "train")], "theirs")
    finally:
        subprocess.run(uninstall, check=False)
    assert ours[0] == theirs[0] == ["--epochs", "3"]
    assert differences(ours[1], theirs[1]) == {}


def hide_code_channel(instance: Instance) -> None:
    """A job of AWS's toolkit has none; ours has it, and tells the script nothing of it."""
    config = instance.base / "input" / "config" / "inputdataconfig.json"
    channels = json.loads(config.read_text())
    del channels["ssm_code"]
    config.write_text(json.dumps(channels))
    (instance.base / "input" / "data" / "ssm_code").rmdir()


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = ours.keys() | theirs.keys()
    return {name: (ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)}
