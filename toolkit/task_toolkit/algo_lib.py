"""What a worker's code needs to know about its job, and the mark by which a task is completed.

    from task_toolkit import algo_lib

    args = algo_lib.parseArgs()
    print(args.hps["msg"])

It has all that the module of this name in PyPI's simple-sagemaker 0.9.12 has, by the same names and with the same log
lines, so that code written for `ssm` runs unchanged. The mark is the file `state/HOST/__COMPLETED__`, holding the job's
name, as `ssm` writes it.
"""

import argparse
import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Union

from task_toolkit import instance_state, job, log, options
from task_toolkit.options import Option

logger = logging.getLogger(__name__)


def add_argument_default_env_or_other(
    self: argparse.ArgumentParser, argName: str, type: Callable[[str], Any], envVarName: str, default: Any
) -> None:
    """Add an option to a parser whose default is the variable's value, else `default`."""
    self.add_argument(argName, type=type, default=os.environ.get(envVarName, default))


def bind(instance: Any, func: Any, as_name: str) -> None:
    """Make a function a method of this one object."""
    setattr(instance, as_name, func.__get__(instance, instance.__class__))


def setDebugLevel() -> None:
    """Let the root logger show what SM_LOG_LEVEL says, a number as in `logging`; INFO without it."""
    log.set_level()


def parseArgs() -> argparse.Namespace:
    """The job's facts: from the command line, else from SM_* variables, else from SageMaker's files.

    Folders: model_dir, output_data_dir, output_dir, input_dir, input_config_dir, state. Channels: channel_names, and
    input_NAME the folder of each; input_data, input_model ("" without such a channel). hps: all hyperparameters with
    the types of their JSON. JSON texts: input_data_config, resource_config. current_host, hosts, job_name, num_cpus,
    num_gpus, network_interface and network_interface_name (one value). From the command line alone: epochs 50,
    batch_size 64, learning_rate 0.05, use_cuda False.

    The script's own options are left to it. A value of the wrong type ends the program, as argparse does.
    """
    told = options.variables()
    args, rest = options.read(
        [
            *options.COMMON,
            Option("--state", "", job.state_folder(job.base_folder())),
            Option("--channel_names", "SM_CHANNELS", "[]", options.names),
            Option("--input-data", "SM_CHANNEL_DATA", ""),
            Option("--input-model", "SM_CHANNEL_MODEL", ""),
            Option("--epochs", "", 50, int),
            Option("--batch-size", "", 64, int),
            Option("--learning-rate", "", 0.05, float),
            # As there: any text but an empty one is True.
            Option("--use-cuda", "", False, bool),
            Option("--hosts", "SM_HOSTS", '["algo-1","algo-2"]', options.names),
            Option("--network_interface", "SM_NETWORK_INTERFACE_NAME", ""),
        ],
        told,
    )
    args.network_interface_name = args.network_interface
    options.add_channels(args, "input_", args.channel_names, told)
    logger.info("Args: %s", log.shown(args))
    logger.info("Unmatched: %s", log.shown_words(rest))
    return args


def getInstanceStatePath(args: argparse.Namespace) -> str:
    """The path of this instance's own folder in the state, where no other instance writes; made where it is missing."""
    path = Path(args.state, args.current_host)
    return instance_state.made(path, logger, "Creating instance specific state dir")


def deleteOtherInstancesState(args: argparse.Namespace) -> None:
    """Delete what the state folder brought of other instances; see `instance_state` for what that means in S3."""
    instance_state.delete_others(args.state, args.current_host, logger)


def initMultiWorkersState(args: argparse.Namespace) -> str:
    """As in `ssm`: delete other instances' state, and answer the path of this instance's own folder."""
    deleteOtherInstancesState(args)
    return getInstanceStatePath(args)


def markCompleted(args: argparse.Namespace) -> None:
    """Mark the task as completed by this instance; it is completed when all instances of the job have marked it."""
    logger.info("Marking instance %s completion", args.current_host)
    with open(os.path.join(getInstanceStatePath(args), "__COMPLETED__"), "w", encoding="utf-8") as file:
        file.write(args.job_name)


def logMetrics(**values: Any) -> None:
    """Print the values as one line of JSON, which the action reads as metrics.

    A value is whatever float() takes except text: a number of Python, NumPy or torch, a boolean, a Decimal. NaN and
    infinity are printed as json.dumps writes them. Anything else raises ValueError. Every call prints, in every
    process: where several run on an instance, let one of them call it.
    """
    line = json.dumps({name: _number(name, value) for name, value in values.items()}) + "\n"
    # One write at a time, so that lines of several threads and processes do not mix.
    with _printing:
        sys.stdout.write(line)
        sys.stdout.flush()


_printing = threading.Lock()


def _number(name: str, value: Any) -> Union[int, float]:
    if isinstance(value, int):
        return int(value)
    try:
        if isinstance(value, (str, bytes, bytearray)):
            raise ValueError("it is text")
        return float(value)
    # torch raises RuntimeError for a tensor of several numbers.
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        problem = "{} is not a number but {!r}. Give logMetrics numbers only.".format(name, value)
        raise ValueError(problem) from error
