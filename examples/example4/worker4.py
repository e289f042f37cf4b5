"""Lists the files of its input channels."""

import logging
import subprocess
import sys

from task_toolkit import algo_lib

logger = logging.getLogger(__name__)


def list_folder(path: str) -> None:
    """Log what `ls` says of everything below the folder: nothing where the task has no such channel."""
    listing = subprocess.run(["ls", "-la", "-R", path], capture_output=True, text=True, check=False).stdout
    logger.info("*** START listing files in %s", path)
    logger.info(listing)
    logger.info("*** END file listing %s", path)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout)
    algo_lib.setDebugLevel()
    args = algo_lib.parseArgs()
    list_folder(args.input_data)
    list_folder(args.input_bucket)
