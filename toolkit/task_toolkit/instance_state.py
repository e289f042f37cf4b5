"""The folders in the state that belong to one instance each, `state/HOST`.

SageMaker restores all of the state to every instance at its start, and sends what an instance changes to one folder in
S3 while the job runs. By AWS's documentation a file that is deleted in the container is deleted in S3 too:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html

So deleting costs the others what they do not write again. Workers of `ssm` do it all the same, and count on finding
their own folder alone; whoever does not, makes the folder and deletes nothing.
"""

import logging
import os
import shutil
from pathlib import Path


def made(path: Path, logger: logging.Logger, message: str) -> str:
    """The folder's path; the message is logged where it is made only now."""
    if not path.is_dir():
        logger.info(message)
        os.makedirs(str(path), exist_ok=True)
    return str(path)


def delete_others(state: str, host: str, logger: logging.Logger) -> None:
    """Delete the folders `algo-*` of this instance's copy that are not its own; other folders are no instance's.

    An instance without a name has no folder to spare: then nothing is deleted.
    """
    logger.info("Deleting other instances' state")
    others = [path for path in sorted(Path(state).glob("algo-*")) if host and path.name != host]
    for path in others:
        if path.is_dir() and not path.is_symlink():
            # Several processes of an instance may do this at once: what another one deleted is no error.
            shutil.rmtree(str(path), ignore_errors=True)
            if path.exists():
                logger.warning("Cannot delete all of %s", path)
