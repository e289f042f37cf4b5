"""What a worker's code needs to know about its job, and the mark by which a task is completed.

    from task_toolkit import algo_lib

    args = algo_lib.parseArgs()
    print(args.hps["msg"])

The mark is the file `state/HOST/__COMPLETED__`, holding the job's name, as the `ssm` command line writes it.
"""

import argparse
import json
import logging
import math
import os
import sys

from task_toolkit import devices, job

logger = logging.getLogger(__name__)


def parseArgs() -> argparse.Namespace:
    """The job's facts, read from its files; the command line is left to the script's own parser.

    hps: all hyperparameters with the types of their JSON; state, model_dir, output_data_dir: folders; input_NAME: the
    folder of channel NAME, the one named `data` also as input_data ("" without one); current_host, hosts, job_name,
    num_cpus, num_gpus, network_interface_name.
    """
    base = job.base_folder()
    resources = job.read_resources(base)
    inputs = job.channel_folders(base, job.read_channels(base))
    facts = {
        "hps": job.read_hyperparameters(base),
        "state": job.state_folder(base),
        "input_data": inputs.get("data", ""),
        "output_data_dir": os.environ.get("SM_OUTPUT_DATA_DIR") or os.path.join(base, "output", "data"),
        "model_dir": os.environ.get("SM_MODEL_DIR") or os.path.join(base, "model"),
        "current_host": resources["current_host"],
        "hosts": resources["hosts"],
        "job_name": os.environ.get("TRAINING_JOB_NAME") or os.environ.get("SSM_JOB_NAME", ""),
        "network_interface_name": resources.get("network_interface_name", "eth0"),
        "num_cpus": devices.cpus(),
        # Asking the driver takes seconds; whoever started the script has asked.
        "num_gpus": int(os.environ.get("SM_NUM_GPUS") or devices.gpus()),
    }
    facts.update({"input_" + name: path for name, path in inputs.items()})
    return argparse.Namespace(**facts)


def setDebugLevel() -> None:
    """Let the root logger show what INFO and above say."""
    logging.getLogger().setLevel(logging.INFO)


def initMultiWorkersState(args: argparse.Namespace) -> str:
    """Make this instance's own folder in the state, where no other instance writes; answers its path."""
    logger.info("Creating instance specific state dir")
    path = os.path.join(str(args.state), str(args.current_host))
    os.makedirs(path, exist_ok=True)
    return path


def markCompleted(args: argparse.Namespace) -> None:
    """Mark the task as completed by this instance; it is completed when all instances of the job have marked it."""
    logger.info("Marking instance %s completion", args.current_host)
    path = os.path.join(initMultiWorkersState(args), "__COMPLETED__")
    with open(path, "w", encoding="utf-8") as file:
        file.write(args.job_name)


def logMetrics(**values: float) -> None:
    """Print the values as a line of JSON, by which the action knows metrics; a text raises ValueError."""
    numbers = {}
    for name, value in values.items():
        # Of NumPy and torch too: what float() takes, but no text.
        if isinstance(value, (str, bytes)):
            raise ValueError("{} is no number: {!r}".format(name, value))
        numbers[name] = value if isinstance(value, int) and not isinstance(value, bool) else float(value)
    finite = {name: number for name, number in numbers.items() if math.isfinite(number)}
    # NaN and infinity are no JSON, and no metric of SageMaker's.
    others = ["{} is {}\n".format(name, number) for name, number in numbers.items() if name not in finite]
    # One write: lines of several processes do not mix.
    sys.stdout.write("".join(others) + json.dumps(finite) + "\n")
    sys.stdout.flush()
