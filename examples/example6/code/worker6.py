"""One worker for two tasks, told apart by the hyperparameter `task_type`."""

import logging
import sys
from argparse import Namespace
from pathlib import Path

import humanize  # from requirements.txt
from internal_dependency import lib2  # noqa: F401 - it says that it is there
from task_toolkit import algo_lib

logger = logging.getLogger(__name__)


def show_folder(path: str, *hidden: str) -> None:
    """Log all that lies below the folder, but for paths with one of the hidden words."""
    logger.info("*** START listing files in %s", path)
    for each in sorted(Path(path).rglob("*")):
        if not any(word in str(each) for word in hidden):
            logger.info("[%s] %s", "Dir " if each.is_dir() else "File", each)
    logger.info("*** END file listing %s", path)


def process(args: Namespace, state: str) -> None:
    """Task 1: each instance works on its share of the data."""
    import tabulate  # from the image that the Dockerfile makes

    logger.info("%s is pre-installed in this image", tabulate.__name__)

    host = args.current_host
    Path(state, host).write_text(f"state_{host}")
    for file in Path(args.input_data).iterdir():
        Path(args.model_dir, f"{file.name}_proc_by_{host}").write_text(f"{file.read_text()} processed by {host}")
    Path(args.output_data_dir, f"output_{host}").write_text(f"output_{host}")


def evaluate() -> None:
    """Task 2: has the further dependency, and scores, which the workflow reads as a metric."""
    from external_dependency import lib1  # noqa: F401 - it says that it is there

    for score in (10, 20):
        logger.info("Score=%d;", score)


def main() -> None:
    """Show what is there, do what `task_type` says, show what is there now."""
    logging.basicConfig(stream=sys.stdout)
    algo_lib.setDebugLevel()
    args = algo_lib.parseArgs()
    state = algo_lib.initMultiWorkersState(args)

    for name in args.channel_names:
        path = getattr(args, f"input_{name}")
        size = sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())
        logger.info("input channel %s is at %s", name, path)
        logger.info("it has %s", humanize.naturalsize(size))
    show_folder("/opt/ml", "__pycache__")
    show_folder(args.state)

    if args.hps["task_type"] == "1":
        process(args, state)
    else:
        evaluate()

    algo_lib.markCompleted(args)
    show_folder("/opt/ml", "/opt/ml/input", "/opt/ml/code", "__pycache__")
    show_folder(args.state)
    logger.info("finished!")


if __name__ == "__main__":
    main()
