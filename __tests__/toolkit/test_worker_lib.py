"""worker_lib as the workers of `ssm` 0.9.24 use it."""

import json

import pytest
from conftest import Run
from instance import Instance

WORKER = """
import logging, sys
from pathlib import Path
from worker_toolkit import worker_lib

logging.basicConfig(stream=sys.stdout)
worker_config = worker_lib.WorkerConfig()
print(worker_config.hps["arg"], worker_config.channels, worker_config.channel_data, worker_config.channel_train)
print(worker_config.current_host, worker_config.host_rank, worker_config.num_nodes, worker_config.job_name)
Path(worker_config.instance_state, "progress").write_text("1")
Path(worker_config.model_dir, "m").write_text("m")
"""


def test_a_worker_of_ssm(python: Instance, run: Run) -> None:
    for name in ("data", "train"):
        (python.base / "input" / "data" / name).mkdir(parents=True)
    (python.state / "algo-1").mkdir(parents=True)
    (python.state / "shared").mkdir()
    python.host, python.hosts = "algo-2", ["algo-1", "algo-2"]
    printed = run(python, {"w.py": WORKER}, hyperparameters={"arg": "hello", "password": "x"}).printed
    base = python.base
    assert printed[:2] == [
        "INFO:worker_toolkit.worker_lib:Deleting other instances' state",
        "INFO:worker_toolkit.worker_lib:Creating state dir",
    ]
    assert printed[2].startswith("INFO:worker_toolkit.worker_lib:Worker config: Namespace(")
    assert "hps={'arg': 'hello', 'password': '***'}" in printed[2]
    assert printed[3:] == [
        f"hello ['data', 'train'] {base}/input/data/data {base}/input/data/train",
        "algo-2 1 2 job-1",
    ]
    assert sorted(path.name for path in python.state.iterdir()) == ["algo-2", "shared"]
    assert (python.state / "algo-2" / "progress").read_text() == "1"


SWITCHES = """
import json, logging, os, sys
from worker_toolkit import worker_lib
os.environ.pop("SSM_INSTANCE_STATE")
worker_config = worker_lib.WorkerConfig({})
print(json.dumps({{
    "per_instance_state": worker_config.per_instance_state,
    "instance_state": getattr(worker_config, "instance_state", None),
    "folder": os.path.isdir(os.path.join(worker_config.state, "algo-1")),
    "variable": os.environ.get("SSM_INSTANCE_STATE"),
    "level": logging.getLogger().level,
    "argv": sys.argv[1:],
}}))
"""
ARGV = ["-n", "1", "--external_hps", "\"--lr 0.1 'a b'\"", "z"]
NOTHING = {
    "per_instance_state": False,
    "instance_state": None,
    "folder": False,
    "variable": None,
    "level": 30,
    "argv": ARGV,
}


@pytest.mark.parametrize(
    ("switches", "changed"),
    [
        ("per_instance_state=False, set_debug_level=False, update_argv=False", {}),
        ("False, False, True", {"argv": ["--lr", "0.1", "a b", "-n", "1", "z"]}),
        ("False, True, False", {"level": 10}),
        ("True, False, False", {"per_instance_state": True, "instance_state": "", "folder": True, "variable": ""}),
    ],
)
def test_the_switches(python: Instance, run: Run, switches: str, changed: dict[str, object]) -> None:
    own = str(python.state / "algo-1")
    values = {"n": 1, "sagemaker_container_log_level": 10}
    script = {"w.py": SWITCHES.format(switches)}
    printed = run(python, script, hyperparameters=values, arguments=tuple(ARGV[2:])).printed
    assert json.loads(printed[-1]) == {**NOTHING, **{name: own if v == "" else v for name, v in changed.items()}}


@pytest.mark.parametrize(
    ("words", "updated"),
    [
        (["a", "--external_hps"], ["a", "--external_hps"]),
        (["--external_hps", "--lr 1"], ["--lr", "1"]),
        (["--external_hps", '""', "a"], ["a"]),
        (["a"], ["a"]),
    ],
)
def test_external_hps(python: Instance, run: Run, words: list[str], updated: list[str]) -> None:
    script = "import sys\nfrom worker_toolkit import worker_lib\nworker_lib.WorkerConfig()\nprint(sys.argv[1:])\n"
    assert run(python, {"w.py": script}, arguments=tuple(words)).printed == [str(updated)]


def test_what_it_tells_programs_that_it_starts(python: Instance, run: Run) -> None:
    names = ["NUM_NODES", "HOST_RANK", "TENSORBOARD_DIR", "STATE", "INSTANCE_STATE"]
    script = f"""
import os, subprocess
from worker_toolkit import worker_lib
for name in {names}:
    os.environ.pop("SSM_" + name)
worker_lib.WorkerConfig()
subprocess.run(["sh", "-c", 'echo {" ".join(f"$SSM_{name}" for name in names)} $SMDEBUG_LOG_LEVEL'])
"""
    state = python.state
    expected = f"1 0 {python.base}/output/tensorboard {state} {state}/algo-1 warning"
    assert run(python, {"w.py": script}).printed[-1] == expected


def test_attributes_of_a_namespace_of_ones_own(python: Instance, run: Run) -> None:
    script = """
import argparse, copy
from worker_toolkit import worker_lib
own = argparse.Namespace(workers=0, left=1)
worker_config = worker_lib.WorkerConfig()
worker_config.updateNamespace(own, {"num_nodes": "workers", "current_host": "me"})
print(own.workers, own.left, own.me, copy.copy(worker_config).num_nodes)
for wrong in (lambda: worker_config.updateNamespace(own, {"no_such": "x"}), lambda: worker_config.no_such):
    try:
        wrong()
    except AttributeError as error:
        print(error)
"""
    printed = run(python, {"w.py": script}).printed
    assert printed[0] == "1 1 algo-1 1"
    assert [line.split()[-1] for line in printed[1:]] == ["'no_such'", "'no_such'"]


def test_the_state_is_made_once(python: Instance, run: Run) -> None:
    script = """
import os
from worker_toolkit import worker_lib
worker_config = worker_lib.WorkerConfig(per_instance_state=False)
worker_config.initMultiWorkersState()
os.mkdir(worker_config.state + "/algo-7")
worker_config.initMultiWorkersState()
print(sorted(os.listdir(worker_config.state)), worker_config.instance_state == worker_config.state + "/algo-1")
"""
    assert run(python, {"w.py": script}).printed == ["['algo-1', 'algo-7'] True"]


def test_outside_of_sagemaker_hosts_are_unknown(python: Instance, run: Run) -> None:
    script = """
import os
from worker_toolkit import worker_lib
for name in [name for name in os.environ if name.startswith("SM_")]:
    del os.environ[name]
os.environ["SAGEMAKER_BASE_DIR"] = "/no/such"
config = worker_lib.WorkerConfig(per_instance_state=False).config
print(config.hosts, config.num_nodes, config.host_rank, config.channels, config.hps, config.num_gpus)
"""
    assert run(python, {"w.py": script}).printed == ["[] -1 -1 [] [] -1"]
