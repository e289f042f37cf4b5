"""What a worker is told by variables and by its command line, as the workers of PyPI's simple-sagemaker read it.

Names, types and defaults are those of 0.9.12 (task_toolkit.algo_lib) and 0.9.24 (worker_toolkit.worker_lib). The SM_*
variables are set by the launcher or, with `launcher: image`, by AWS's training toolkit; without either, as in a program
that was started with a fresh environment, SageMaker's files tell the same.
"""

import argparse
import json
import os
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Tuple

from task_toolkit import devices, job


class Option(NamedTuple):
    """An attribute: `--flag VALUE`, else the variable, else the default, which is read too where it is a text."""

    flag: str
    # Empty for what only the command line tells.
    variable: str
    default: Any
    read: Callable[[str], Any] = str


def json_value(text: str) -> Any:
    """Any JSON. For a text that is not JSON, argparse ends the program with exit code 2."""
    try:
        return json.loads(text)
    except ValueError:
        raise argparse.ArgumentTypeError("not JSON: {!r}".format(text)) from None


def names(text: str) -> List[str]:
    """A JSON list of names. For any other text, argparse ends the program with exit code 2."""
    value = json_value(text)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise argparse.ArgumentTypeError("not a JSON list of names: {!r}".format(text))
    return value


# What both generations have.
COMMON = [
    Option("--model_dir", "SM_MODEL_DIR", ""),
    Option("--output-data-dir", "SM_OUTPUT_DATA_DIR", ""),
    Option("--output-dir", "SM_OUTPUT_DIR", ""),
    Option("--input-dir", "SM_INPUT_DIR", ""),
    Option("--input-config-dir", "SM_INPUT_CONFIG_DIR", ""),
    Option("--input-data-config", "SM_INPUT_DATA_CONFIG", ""),
    Option("--hps", "SM_HPS", "[]", json_value),
    Option("--current_host", "SM_CURRENT_HOST", ""),
    Option("--num_gpus", "SM_NUM_GPUS", -1, int),
    Option("--num_cpus", "SM_NUM_CPUS", devices.cpus(), int),
    Option("--job_name", "SAGEMAKER_JOB_NAME", ""),
    Option("--resource-config", "SM_RESOURCE_CONFIG", ""),
]


def variables() -> Dict[str, str]:
    """The environment, completed from SageMaker's files where nobody has set script mode's variables."""
    # Both launchers set it, whatever the job.
    told = {} if "SM_CURRENT_HOST" in os.environ else _from_files(job.base_folder())
    told.update(os.environ)
    # Of script mode, of SageMaker, of the launcher: a mark without the job's name would count for no job.
    sources = ("SAGEMAKER_JOB_NAME", "TRAINING_JOB_NAME", "SSM_JOB_NAME")
    told["SAGEMAKER_JOB_NAME"] = next((told[name] for name in sources if told.get(name)), "")
    return told


def read(options: Iterable[Option], variables: Mapping[str, str]) -> Tuple[argparse.Namespace, List[str]]:
    """The attributes, and the words of the command line that are none of theirs; the command line stays as it is.

    A value that its type does not take ends the program with exit code 2, as argparse does. Names are never shortened:
    a script's own `--model` is not `--model_dir`.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for flag, variable, default, reader in options:
        parser.add_argument(flag, type=reader, default=variables.get(variable, default))
    return parser.parse_known_args()


def add_channels(args: argparse.Namespace, prefix: str, names: Iterable[str], variables: Mapping[str, str]) -> None:
    """PREFIX + NAME: the folder of each channel, by SM_CHANNEL_NAME."""
    for name in names:
        path = variables.get("SM_CHANNEL_" + name.upper())
        if path is not None:
            setattr(args, prefix + name, path)


def _from_files(base: str) -> Dict[str, str]:
    """Script mode's variables that an attribute is read from; none where there are no files of a job."""
    if not os.path.isdir(os.path.join(base, "input", "config")):
        return {}
    resources = job.read_resources(base)
    channels = job.read_channels(base)
    values = {
        "MODEL_DIR": os.path.join(base, "model"),
        "OUTPUT_DIR": os.path.join(base, "output"),
        "OUTPUT_DATA_DIR": os.path.join(base, "output", "data"),
        "INPUT_DIR": os.path.join(base, "input"),
        "INPUT_CONFIG_DIR": os.path.join(base, "input", "config"),
        "INPUT_DATA_CONFIG": channels,
        "HPS": job.read_hyperparameters(base),
        "CHANNELS": sorted(channels),
        "CURRENT_HOST": resources["current_host"],
        "HOSTS": resources["hosts"],
        "NETWORK_INTERFACE_NAME": resources.get("network_interface_name", "eth0"),
        "RESOURCE_CONFIG": resources,
        "NUM_GPUS": devices.gpus(),
    }
    values.update(("CHANNEL_" + name.upper(), path) for name, path in job.channel_folders(base, channels).items())
    return {"SM_" + name: job.variable_text(value) for name, value in values.items()}
