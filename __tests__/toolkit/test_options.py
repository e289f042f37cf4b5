"""What parseArgs answers: by the command line, by variables, by SageMaker's files, and without any of them."""

import json
import subprocess
from collections.abc import Mapping

import pytest
from conftest import Run
from instance import TOOLKIT, Instance

# For parsers of a worker's own; the page leaves them to ssm.
HELPERS = ("def _number", "def bind", "def add_argument_default_env_or_other")
SHOW = """
import json, sys
from task_toolkit import algo_lib
args = vars(algo_lib.parseArgs())
print(json.dumps({name: args.get(name, "missing") for name in sys.stdin.read().split() or args}))
"""


def attributes(python: Instance, environment: Mapping[str, str], words: tuple[str, ...] = ()) -> dict[str, object]:
    """What parseArgs answers in this environment, in a program that no launcher started."""
    ran = subprocess.run(
        [python.base.parent / "python" / "python3", "-c", SHOW, *words],
        env={"PATH": python.path, "PYTHONPATH": str(TOOLKIT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def test_outside_of_sagemaker_there_are_the_defaults_of_ssm(python: Instance) -> None:
    found = attributes(python, {"SAGEMAKER_BASE_DIR": "/no/such"})
    assert isinstance(found.pop("num_cpus"), int)
    assert found == {
        **dict.fromkeys(("model_dir", "output_data_dir", "output_dir", "input_dir", "input_config_dir"), ""),
        **dict.fromkeys(("input_data_config", "resource_config", "input_data", "input_model"), ""),
        **dict.fromkeys(("current_host", "job_name", "network_interface", "network_interface_name"), ""),
        "state": "/state",
        "hps": [],
        "channel_names": [],
        "hosts": ["algo-1", "algo-2"],
        "num_gpus": -1,
        "epochs": 50,
        "batch_size": 64,
        "learning_rate": 0.05,
        "use_cuda": False,
    }


def test_the_page_tells_of_every_attribute_and_function(python: Instance) -> None:
    page = (TOOLKIT.parent / "docs" / "worker.md").read_text()
    section = page.partition("## `task_toolkit`")[2].partition("## `worker_toolkit`")[0]
    functions = [
        line.partition("(")[0].removeprefix("def ")
        for line in (TOOLKIT / "task_toolkit" / "algo_lib.py").read_text().splitlines()
        if line.startswith("def ") and "(" in line and line.split("(")[0] not in HELPERS
    ]
    names = [f"`{name}`" for name in attributes(python, {})] + [f"`{name}(" for name in functions]
    assert len(names) > 25
    assert [name for name in names if name not in section] == []


# As AWS's training toolkit sets them where `launcher: image` leaves the start to it.
OF_AWS = {
    "SM_MODEL_DIR": "/m",
    "SM_OUTPUT_DATA_DIR": "/o/data",
    "SM_OUTPUT_DIR": "/o",
    "SM_INPUT_DIR": "/i",
    "SM_INPUT_CONFIG_DIR": "/i/config",
    "SM_INPUT_DATA_CONFIG": '{"data":{}}',
    "SM_HPS": '{"lr":0.1}',
    "SM_CHANNELS": '["data","model","my_x"]',
    "SM_CHANNEL_DATA": "/i/data/data",
    "SM_CHANNEL_MODEL": "/i/data/model",
    "SM_CHANNEL_MY_X": "/i/data/my_x",
    "SM_CURRENT_HOST": "algo-2",
    "SM_HOSTS": '["algo-1","algo-2","algo-3"]',
    "SM_NUM_GPUS": "4",
    "SM_NUM_CPUS": "48",
    "SM_NETWORK_INTERFACE_NAME": "ens5",
    "SM_RESOURCE_CONFIG": '{"hosts":[]}',
    "SAGEMAKER_JOB_NAME": "job-7",
}


def test_where_the_image_launches_awss_variables_tell(python: Instance) -> None:
    assert attributes(python, OF_AWS) == {
        "model_dir": "/m",
        "output_data_dir": "/o/data",
        "output_dir": "/o",
        "input_dir": "/i",
        "input_config_dir": "/i/config",
        "input_data_config": '{"data":{}}',
        "hps": {"lr": 0.1},
        "channel_names": ["data", "model", "my_x"],
        "input_data": "/i/data/data",
        "input_model": "/i/data/model",
        "input_my_x": "/i/data/my_x",
        "current_host": "algo-2",
        "hosts": ["algo-1", "algo-2", "algo-3"],
        "num_gpus": 4,
        "num_cpus": 48,
        "network_interface": "ens5",
        "network_interface_name": "ens5",
        "resource_config": '{"hosts":[]}',
        "job_name": "job-7",
        "state": "/state",
        "epochs": 50,
        "batch_size": 64,
        "learning_rate": 0.05,
        "use_cuda": False,
    }


def test_without_variables_sagemakers_files_tell_the_same(python: Instance, run: Run) -> None:
    """A program that the script starts with a fresh environment."""
    for name in ("data", "my-x"):
        (python.base / "input" / "data" / name).mkdir(parents=True)
    python.host, python.hosts = "algo-2", ["algo-1", "algo-2"]
    kept = "{name: os.environ[name] for name in ('PATH', 'PYTHONPATH', 'SAGEMAKER_BASE_DIR', 'TRAINING_JOB_NAME')}"
    fresh = f"import os, subprocess, sys\nsubprocess.run([sys.executable, 'show.py'] + sys.argv[1:], env={kept})\n"
    files = {"w.py": f"exec(open('show.py').read())\n{fresh}", "show.py": SHOW}
    ended = run(python, files, entrypoint="w.py", hyperparameters={"lr": 0.1, "name": "é", "epochs": 3})
    with_variables, without = map(json.loads, ended.printed)
    assert without == with_variables
    assert (without["hps"], without["epochs"]) == ({"lr": 0.1, "name": "é", "epochs": 3}, 3)
    assert (without["current_host"], without["job_name"]) == ("algo-2", "job-1")


WORDS = {
    ("--epochs", "3"): {"epochs": 3},
    ("--epochs=3", "--batch-size", "8"): {"epochs": 3, "batch_size": 8},
    ("--learning-rate", "1e-3"): {"learning_rate": 0.001},
    # As in ssm: any text but an empty one.
    ("--use-cuda", "False"): {"use_cuda": True},
    ("--use-cuda", ""): {"use_cuda": False},
    ("--model_dir", "/x", "--output-data-dir", "/y"): {"model_dir": "/x", "output_data_dir": "/y"},
    ("--num_cpus", "7", "--num_gpus", "2"): {"num_cpus": 7, "num_gpus": 2},
    ("--hps", '{"a": 1}', "--hosts", '["h"]'): {"hps": {"a": 1}, "hosts": ["h"]},
    ("--state", "/s", "--current_host", "h"): {"state": "/s", "current_host": "h"},
    # The folder of a channel is where SageMaker put it.
    ("--input-data", "/x"): {"input_data": "/i/data/data"},
    # Spelled as in ssm, and not shortened: the others are the script's own.
    ("--batch_size", "8", "--model", "resnet", "--num", "3", "-h"): {"batch_size": 64, "model_dir": "/m"},
}


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_the_command_line_comes_first(python: Instance, words: tuple[str, ...]) -> None:
    found = attributes(python, OF_AWS, words)
    assert {name: found[name] for name in WORDS[words]} == WORDS[words]


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("--epochs", "ten", "argument --epochs: invalid int value: 'ten'"),
        ("--hps", "x", "argument --hps: not JSON: 'x'"),
        ("--hosts", '"algo-1"', "argument --hosts: not a JSON list of names: '\"algo-1\"'"),
        ("--channel_names", "[1]", "argument --channel_names: not a JSON list of names: '[1]'"),
    ],
)
def test_a_value_of_the_wrong_type_ends_the_program(
    python: Instance, run: Run, word: str, value: str, said: str
) -> None:
    script = "from task_toolkit import algo_lib\nalgo_lib.parseArgs()\n"
    ended = run(python, {"w.py": script}, arguments=(word, value))
    assert (ended.code, ended.printed[-1]) == (2, f"w.py: error: {said}")
    assert said in (ended.failure or "")
