"""One worker for two tasks, told apart by the hyperparameter `stage`: the second has what the first left."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from worker_toolkit import worker_lib

logger = logging.getLogger(__name__)


def show_folder(path: str) -> None:
    """Log what `ls` says of everything below the folder."""
    listing = subprocess.run(["ls", "-la", path, "-R"], capture_output=True, text=True, check=True).stdout
    logger.info("*** START listing files in %s", path)
    logger.info(listing)
    logger.info("*** END file listing %s", path)


def show_all(config: worker_lib.WorkerConfig) -> None:
    """The folders of the job, and its state."""
    show_folder("/opt/ml")
    show_folder(config.state)


def main() -> None:
    """Stage 1 leaves state and model. Both stages copy all their inputs and the state to the output."""
    logging.basicConfig(stream=sys.stdout)
    logger.info("Starting algo...")
    config = worker_lib.WorkerConfig()
    logger.info("Argv: %s", sys.argv)
    logger.info("Env: %s", {name: text for name, text in sorted(os.environ.items()) if "SM_" in name})
    show_all(config)

    host = config.current_host
    if config.hps["stage"] == 1:
        for number in range(1, 11):
            Path(config.instance_state, f"state_{host}_{number}").write_text("state")
        # The models of all instances are merged, so each has a folder of its own.
        Path(config.model_dir, host).mkdir()
        Path(config.model_dir, host, "model_dir").write_text("model_dir")
    else:
        logger.info("Doing nothing...")

    output = Path(config.output_data_dir, host)
    for name in config.channels:
        shutil.copytree(getattr(config, f"channel_{name}"), output / f"{name}_copy")
    shutil.copytree(config.state, output / "state_copy")

    logger.info("finished!")
    show_all(config)


if __name__ == "__main__":
    main()
