"""One worker for two tasks, told apart by the hyperparameter `task_type`."""

import logging
import sys
from argparse import Namespace
from pathlib import Path

import humanize
from internal_dependency import lib2
from task_toolkit import algo_lib

logger = logging.getLogger(__name__)


def files(folder: str) -> list[str]:
    """Names of all files below it."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def process(args: Namespace, state: str) -> None:
    """Task 1: each instance works on its share of the data."""
    # From the image that the Dockerfile makes.
    from tabulate import tabulate

    logger.info("Input data: %s", files(args.input_data))
    logger.info(
        "Sizes:\n%s", tabulate([[name, Path(args.input_data, name).stat().st_size] for name in files(args.input_data)])
    )
    logger.info("Persons: %s", [humanize.naturalsize(Path(args.input_persons, "persons.json").stat().st_size)])
    Path(state, f"state_{args.current_host}").write_text("state")
    for name in files(args.input_data):
        text = Path(args.input_data, name).read_text().strip()
        Path(args.model_dir, f"{name}_proc_by_{args.current_host}").write_text(f"{text} by {args.current_host}")
    Path(args.model_dir, f"output_{args.current_host}").write_text("output")


def evaluate(args: Namespace) -> None:
    """Task 2: works on what task 1 left."""
    from external_dependency import lib1

    logger.info("Dependencies: %s, %s", lib1.describe(), lib2.describe())
    logger.info("Model of task 1: %s", files(args.input_task_6_1_model))
    logger.info("State of task 1: %s", files(args.input_task_6_1_state))
    for score in (10, 20, 30):
        print(f"Score={score};")


def main() -> None:
    """Do what `task_type` says."""
    logging.basicConfig(stream=sys.stdout)
    algo_lib.setDebugLevel()
    args = algo_lib.parseArgs()
    state = algo_lib.initMultiWorkersState(args)
    logger.info("Hyperparams: %s", args.hps)
    if args.hps["task_type"] == "1":
        process(args, state)
    else:
        evaluate(args)
    algo_lib.markCompleted(args)
    logger.info("finished!")


if __name__ == "__main__":
    main()
