"""Shows all that an instance has, and leaves a file in each place that a script can write to."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import joblib  # from requirements.txt
from task_toolkit import algo_lib

logger = logging.getLogger(__name__)


def show_folder(path: str) -> None:
    """Log what `ls` says of everything below the folder."""
    listing = subprocess.run(["ls", "-la", path, "-R"], capture_output=True, text=True, check=True).stdout
    logger.info("*** START listing files in %s", path)
    logger.info(listing)
    logger.info("*** END file listing %s", path)


def main() -> None:
    """Show, write, mark as completed, and show again."""
    logging.basicConfig(stream=sys.stdout)
    algo_lib.setDebugLevel()
    logger.info("Starting algo...")
    args = algo_lib.parseArgs()

    # Both say that they are there.
    from external_dependency import lib1  # noqa: F401
    from internal_dependency import lib2  # noqa: F401

    logger.info("Argv: %s", sys.argv)
    logger.info("Env: %s", {name: text for name, text in sorted(os.environ.items()) if "SM_" in name})
    logger.info("joblib: %s", joblib)
    show_folder("/opt/ml")
    show_folder(args.state)

    host = args.current_host
    output_data = Path(args.output_data_dir, host)
    shutil.copytree(args.input_dir, output_data / "input_dir_copy")
    shutil.copytree(args.state, output_data / "state_copy")
    (output_data / "output_data_dir").write_text("output_data_dir")

    # Nothing brings this one back.
    Path(args.output_dir, host).mkdir()
    Path(args.output_dir, host, "output_dir").write_text("output_dir")

    # The models of all instances are merged, so each has a folder of its own.
    Path(args.model_dir, host).mkdir()
    Path(args.model_dir, host, "model_dir").write_text("model_dir")

    state = algo_lib.initMultiWorkersState(args)
    Path(state, f"state_{host}").write_text(f"state_{host}")
    algo_lib.markCompleted(args)

    logger.info("finished!")
    show_folder("/opt/ml")
    show_folder(args.state)


if __name__ == "__main__":
    main()
