"""One file for two tasks, told apart by the hyperparameter `task`."""

import logging
import sys
from argparse import Namespace
from pathlib import Path

logger = logging.getLogger(__name__)


def files(folder: str) -> list[Path]:
    """All that is below it."""
    return list(Path(folder).rglob("*"))


def process(args: Namespace, state: str) -> None:
    """Task 1: state of this instance, and its part of the model, which is merged from all instances."""
    host = args.current_host
    Path(state, f"state_{host}").write_text("state")
    for file in files(args.input_data):
        Path(args.model_dir, f"{file.name}_proc_by_{host}").write_text(f"{file.read_text()} processed by {host}")
    Path(args.model_dir, f"output_{host}").write_text("output")


def worker() -> None:
    """What runs on each instance."""
    import jinja2  # from the image
    import yaml
    from task_toolkit import algo_lib

    algo_lib.setDebugLevel()
    logger.info("Starting worker...")
    logger.info("jinja2 %s, pyyaml %s", jinja2.__version__, yaml.__version__)
    args = algo_lib.parseArgs()
    state = algo_lib.initMultiWorkersState(args)

    logger.info("Hyperparams: %s", args.hps)
    # Without such a channel it is "", the folder of the code.
    logger.info("Input data files: %s", files(args.input_data))
    logger.info("State files: %s", files(args.state))
    if args.hps["task"] == 1:
        process(args, state)
    else:
        logger.info("Input task2_data: %s", files(args.input_task2_data))
        logger.info("Input task2_data_dist: %s", files(args.input_task2_data_dist))

    # The task is completed when all instances say so.
    algo_lib.markCompleted(args)
    logger.info("finished!")


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    if "--worker" in sys.argv:
        worker()
    else:
        print("A worker of two tasks: see workflow.yml beside this file.")
