"""algo_lib as the seed's workers use it."""

import subprocess
from pathlib import Path

from conftest import Run
from instance import TOOLKIT, Instance

WORKER = """
import logging, sys
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
    assert ended.printed == [
        "INFO:task_toolkit.algo_lib:Creating instance specific state dir",
        "INFO:__main__:Hyperparams: {'arg': 'hello world!', 'task': 1, 'worker': 1}",
        f"INFO:__main__:State files: [PosixPath('{python.state}/algo-2')]",
        f"INFO:__main__:Input: {base}/input/data/data {base}/input/data/train",
        "INFO:__main__:Hosts: algo-2 ['algo-1', 'algo-2'] job-1 0 eth0",
        "INFO:task_toolkit.algo_lib:Marking instance algo-2 completion",
        "INFO:task_toolkit.algo_lib:Creating instance specific state dir",
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


def test_the_command_line_and_the_users_modules_do_no_harm(python: Instance, run: Run) -> None:
    """Its own modules are few: a worker may have a process.py or an environment.py."""
    script = "import sys\nfrom task_toolkit import algo_lib\nprint(algo_lib.parseArgs().hps, sys.argv[1:])\n"
    files = {"w.py": script, "process.py": "raise RuntimeError\n", "environment.py": "raise RuntimeError\n"}
    ended = run(python, files, entrypoint="w.py", arguments=("--worker", "--hps", "x"))
    assert ended.printed == ["{} ['--worker', '--hps', 'x']"]


def test_outside_of_sagemaker_there_are_defaults(python: Instance, tmp_path: Path) -> None:
    script = (
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom task_toolkit import algo_lib\n"
        "args = algo_lib.parseArgs()\nargs.state = sys.argv[2]\nalgo_lib.markCompleted(args)\n"
        "print(args.hps, repr(args.input_data), args.current_host, args.hosts, repr(args.job_name), args.model_dir)\n"
    )
    interpreter = tmp_path / "python" / "python3"
    ended = subprocess.run(
        [interpreter, "-c", script, TOOLKIT.parent, tmp_path / "state"],
        env={"PATH": python.path, "SAGEMAKER_BASE_DIR": "/no/such", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "{} '' algo-1 ['algo-1'] '' /no/such/model\n"
    assert (tmp_path / "state" / "algo-1" / "__COMPLETED__").read_text() == ""


def test_metrics_are_a_line_of_json_numbers(python: Instance, run: Run) -> None:
    script = """
from task_toolkit import algo_lib

class Scalar:
    def __float__(self):
        return 0.25

algo_lib.logMetrics(epoch=3, loss=0.5, accuracy=Scalar())
algo_lib.logMetrics(best=True, gap=float("nan"), far=float("-inf"))
for wrong in ("0.5", b"1", None, [1]):
    try:
        algo_lib.logMetrics(loss=wrong)
    except (TypeError, ValueError) as error:
        print("refused", type(error).__name__)
"""
    printed = run(python, {"w.py": script}).printed
    assert printed[0] == '{"epoch": 3, "loss": 0.5, "accuracy": 0.25}'
    assert printed[1:4] == ["gap is nan", "far is -inf", '{"best": 1.0}']
    assert printed[4:] == ["refused ValueError", "refused ValueError", "refused TypeError", "refused TypeError"]
