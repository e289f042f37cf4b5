"""algo_lib as the workers of `ssm` 0.9.12 use it, and what is its own."""

import json
from pathlib import Path

import pytest
from conftest import Run
from instance import Instance

WORKER = """
import logging, sys
import json
from pathlib import Path
from task_toolkit import algo_lib

logger = logging.getLogger(__name__)
logging.basicConfig(stream=sys.stdout)
algo_lib.setDebugLevel()
args = algo_lib.parseArgs()
state = algo_lib.initMultiWorkersState(args)
logger.info(f"Hyperparams: {args.hps}")
logger.info(f"State files: {list(Path(args.state).rglob('*'))}")
logger.info(f"Input: {args.input_data} {args.input_train}")
logger.info(f"Hosts: {args.current_host} {args.hosts} {args.job_name} {args.num_gpus} {args.network_interface_name}")
Path(args.model_dir, "m").write_text("m")
Path(args.output_data_dir, "o").write_text("o")
algo_lib.markCompleted(args)
logger.info("finished!")
"""


def test_a_worker_of_the_seed(python: Instance, run: Run) -> None:
    for name in ("data", "train"):
        (python.base / "input" / "data" / name).mkdir(parents=True)
    python.host, python.hosts = "algo-2", ["algo-1", "algo-2"]
    ended = run(python, {"w.py": WORKER}, hyperparameters={"worker": 1, "arg": "hello world!", "task": 1})
    base = python.base
    assert ended.printed[0].startswith("INFO:task_toolkit.algo_lib:Args: Namespace(")
    assert ended.printed[1:] == [
        "INFO:task_toolkit.algo_lib:Unmatched: ['--arg', 'hello world!', '--task', '1', '--worker', '1']",
        "INFO:task_toolkit.algo_lib:Deleting other instances' state",
        "INFO:task_toolkit.algo_lib:Creating instance specific state dir",
        "INFO:__main__:Hyperparams: {'arg': 'hello world!', 'task': 1, 'worker': 1}",
        f"INFO:__main__:State files: [PosixPath('{python.state}/algo-2')]",
        f"INFO:__main__:Input: {base}/input/data/data {base}/input/data/train",
        "INFO:__main__:Hosts: algo-2 ['algo-1', 'algo-2'] job-1 0 eth0",
        "INFO:task_toolkit.algo_lib:Marking instance algo-2 completion",
        "INFO:__main__:finished!",
    ]
    assert (python.state / "algo-2" / "__COMPLETED__").read_text() == "job-1"
    assert (base / "model" / "m").read_text() == "m"


def test_without_a_data_channel_the_path_is_empty(python: Instance, run: Run) -> None:
    script = "from task_toolkit import algo_lib\nprint(repr(algo_lib.parseArgs().input_data))\n"
    assert run(python, {"w.py": script}).printed == ["''"]


def test_the_scripts_own_options_are_left_alone(python: Instance, run: Run) -> None:
    script = (
        "import argparse\nfrom task_toolkit import algo_lib\nargs = algo_lib.parseArgs()\n"
        "parser = argparse.ArgumentParser()\nparser.add_argument('--lr', type=float)\n"
        "print(parser.parse_args().lr, args.hps)\n"
    )
    assert run(python, {"w.py": script}, hyperparameters={"lr": 0.1}).printed == ["0.1 {'lr': 0.1}"]


def test_the_users_modules_do_no_harm(python: Instance, run: Run) -> None:
    """Its own modules are few: a worker may have a process.py or an environment.py."""
    script = "import sys\nfrom task_toolkit import algo_lib\nprint(algo_lib.parseArgs().hps, sys.argv[1:])\n"
    files = dict.fromkeys(("process.py", "environment.py", "options.py", "log.py", "job.py"), "raise RuntimeError\n")
    ended = run(python, {"w.py": script, **files}, entrypoint="w.py", arguments=("--worker", "--mine", "x"))
    assert ended.printed == ["{} ['--worker', '--mine', 'x']"]


LOGGED = """
import logging, sys
from task_toolkit import algo_lib
logging.basicConfig(stream=sys.stdout, format="%(message)s")
algo_lib.setDebugLevel()
algo_lib.parseArgs()
"""


def test_what_looks_like_a_credential_is_not_logged(python: Instance, run: Run) -> None:
    python.environment["SM_LOG_LEVEL"] = "20"
    values = {"api_key": "abc", "user": "me", "nested": {"password": "hunter2"}, "url": "https://me:pw@host/x"}
    printed = run(python, {"w.py": LOGGED}, hyperparameters=values, arguments=("--token=t0", "--auth", "b c")).printed
    shown = "hps={'api_key': '***', 'nested': {'password': '***'}, 'url': '***', 'user': 'me'}"
    assert shown in printed[0]
    assert printed[1] == (
        "Unmatched: ['--api_key', '***', '--nested', '***', '--url', '***', '--user', 'me', '***', '--auth', '***']"
    )
    assert len(printed) == 2


@pytest.mark.parametrize(("level", "lines"), [(10, 2), (20, 2), (30, 0), (None, 2)])
def test_the_log_level_is_sagemakers(python: Instance, run: Run, level: int | None, lines: int) -> None:
    given = {} if level is None else {"sagemaker_container_log_level": level}
    assert len(run(python, {"w.py": LOGGED}, hyperparameters=given).printed) == lines


STATE = """
import logging, sys
import json
from pathlib import Path
from task_toolkit import algo_lib
logging.basicConfig(stream=sys.stdout, format="%(message)s")
args = algo_lib.parseArgs()
algo_lib.setDebugLevel()
{}
for path in sorted(Path(args.state).rglob("*")):
    print(path.relative_to(args.state))
"""


@pytest.mark.parametrize(
    ("call", "printed"),
    [
        (
            "algo_lib.getInstanceStatePath(args)",
            ["algo-1", "algo-1/x", "algo-2", "algo-2/x", "shared", "shared/x", "x"],
        ),
        (
            "algo_lib.deleteOtherInstancesState(args)",
            ["Deleting other instances' state", "algo-1", "algo-1/x", "shared", "shared/x", "x"],
        ),
        (
            "assert algo_lib.initMultiWorkersState(args) == args.state + '/algo-1'",
            ["Deleting other instances' state", "algo-1", "algo-1/x", "shared", "shared/x", "x"],
        ),
        (
            "args.current_host = 'algo-3'; algo_lib.initMultiWorkersState(args)",
            [
                "Deleting other instances' state",
                "Creating instance specific state dir",
                *("algo-3", "shared", "shared/x", "x"),
            ],
        ),
        (
            "args.current_host = ''; algo_lib.initMultiWorkersState(args)",
            ["Deleting other instances' state", "algo-1", "algo-1/x", "algo-2", "algo-2/x", "shared", "shared/x", "x"],
        ),
    ],
)
def test_the_state_of_other_instances(python: Instance, run: Run, call: str, printed: list[str]) -> None:
    """Folders that are no instance's stay, and so does everything where the instance has no name."""
    for name in ("algo-1/x", "algo-2/x", "shared/x", "x"):
        (python.state / name).parent.mkdir(parents=True, exist_ok=True)
        (python.state / name).write_text("x")
    assert run(python, {"w.py": STATE.format(call)}).printed == printed


def test_a_link_is_not_followed_and_a_folder_that_stays_is_told(python: Instance, run: Run, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").write_text("x")
    python.state.mkdir()
    (python.state / "algo-3").symlink_to(tmp_path / "elsewhere")
    call = "import shutil; shutil.rmtree = lambda path, ignore_errors: None\nalgo_lib.deleteOtherInstancesState(args)"
    (python.state / "algo-2").mkdir()
    printed = run(python, {"w.py": STATE.format(call)}).printed
    assert printed[1] == f"Cannot delete all of {python.state}/algo-2"
    assert (tmp_path / "elsewhere" / "x").exists()


def test_the_helpers_of_ssms_parser(python: Instance, run: Run) -> None:
    script = """
import argparse, os
from task_toolkit import algo_lib
parser = argparse.ArgumentParser()
algo_lib.bind(parser, algo_lib.add_argument_default_env_or_other, "add")
os.environ["SIZE"] = "3"
parser.add("--size", type=int, envVarName="SIZE", default=1)
parser.add("--depth", type=int, envVarName="NO_SUCH", default=2)
args = parser.parse_args([])
print(args.size, args.depth, parser.parse_args(["--size", "4"]).size, algo_lib.logger.name)
"""
    assert run(python, {"w.py": script}).printed == ["3 2 4 task_toolkit.algo_lib"]


def test_metrics_are_a_line_of_json_numbers(python: Instance, run: Run) -> None:
    script = """
from task_toolkit import algo_lib

from decimal import Decimal

class Scalar:
    def __float__(self):
        return 0.25

class Tensor:
    def __float__(self):
        raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")

algo_lib.logMetrics(epoch=3, loss=0.5, accuracy=Scalar())
algo_lib.logMetrics(best=True, gap=float("nan"), far=float("-inf"), exact=Decimal("0.1"), large=10**400)
algo_lib.logMetrics(**{"eval/loss \\u00fc": 1, 'top"5\\n': 2})
for wrong in ("0.5", b"1", None, [1], 1j, Tensor()):
    try:
        algo_lib.logMetrics(epoch=1, loss=wrong)
    except ValueError as error:
        print(str(error).split(" but ")[0], str(error).split(". ")[-1])
"""
    printed = run(python, {"w.py": script}).printed
    assert printed[0] == '{"epoch": 3, "loss": 0.5, "accuracy": 0.25}'
    assert printed[1] == '{"best": 1, "gap": NaN, "far": -Infinity, "exact": 0.1, "large": 1' + "0" * 400 + "}"
    assert printed[2] == '{"eval/loss \\u00fc": 1, "top\\"5\\n": 2}'
    assert printed[3:] == ["loss is not a number Give logMetrics numbers only."] * 6


def test_metrics_of_several_threads_and_processes_are_whole_lines(python: Instance, run: Run) -> None:
    script = """
import os, sys, threading
from task_toolkit import algo_lib

def many(number):
    for step in range(200):
        algo_lib.logMetrics(**{"number": number, "step": step, "x" * 500: 1})

children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        threads = [threading.Thread(target=many, args=(10 * number + at,)) for at in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""
    lines = [json.loads(line) for line in run(python, {"w.py": script}).printed]
    assert len(lines) == 3 * 3 * 200
    for number in {line["number"] for line in lines}:
        assert [line["step"] for line in lines if line["number"] == number] == list(range(200))


def test_metrics_are_printed_at_once(python: Instance, run: Run) -> None:
    """Also where the program's output has a buffer of its own, and the program does not end as it should."""
    script = "import os, sys\nfrom task_toolkit import algo_lib\nsys.stdout = open(1, 'w', buffering=8192)\n"
    ended = run(python, {"w.py": script + "algo_lib.logMetrics(loss=1)\nos._exit(0)\n"})
    assert ended.printed == ['{"loss": 1}']
