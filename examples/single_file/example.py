"""One file for two tasks: the same function, told apart by the hyperparameter `task`."""

import logging
import sys
from pathlib import Path

logger = logging.getLogger(__name__)


def worker() -> None:
    """What runs on each instance."""
    import pandas as pd  # from the image
    import sklearn
    from task_toolkit import algo_lib

    algo_lib.setDebugLevel()

    logger.info("Starting worker...")
    logger.info(f"pandas {pd.__version__}, scikit-learn {sklearn.__version__}")
    args = algo_lib.parseArgs()
    state_dir = algo_lib.initMultiWorkersState(args)

    logger.info(f"Hyperparams: {args.hps}")
    logger.info(f"Input data files: {list(Path(args.input_data).rglob('*'))}")
    logger.info(f"State files: {list(Path(args.state).rglob('*'))}")

    if int(args.hps["task"]) == 1:
        # The state of this instance.
        Path(state_dir, f"state_{args.current_host}").write_text("state")
        # The model, merged from all instances.
        for file in Path(args.input_data).rglob("*"):
            name = f"{file.relative_to(args.input_data)}_proc_by_{args.current_host}"
            Path(args.model_dir, name).write_text(f"{file.read_text()} processed by {args.current_host}")
        Path(args.model_dir, f"output_{args.current_host}").write_text("output")
    elif int(args.hps["task"]) == 2:
        logger.info(f"Input task2_data: {list(Path(args.input_task2_data).rglob('*'))}")
        logger.info(f"Input task2_data_dist: {list(Path(args.input_task2_data_dist).rglob('*'))}")

    # The task is completed when all instances say so.
    algo_lib.markCompleted(args)
    logger.info("finished!")


def main() -> None:
    """Start as the worker; by hand, say what it is for."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    if "--worker" in sys.argv:
        worker()
    else:
        print("A worker of two tasks: see workflow.yml beside this file.")


if __name__ == "__main__":
    main()
