"""The job as its files tell it: SageMaker's under input/config, the action's in task_toolkit/job.json.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

import json
import os
from typing import Any, Collection, Dict, Iterable, List, NamedTuple, Optional, Tuple

CODE_CHANNEL = "ssm_code"
# logging.INFO, without its module.
INFO = 20
# Hyperparameters that are not the user's, and those of them that are no framework's either (sagemaker-training 5.1,
# params.SAGEMAKER_HYPERPARAMETERS).
SAGEMAKER_PREFIX = "sagemaker_"
TOOLKIT_KEYS = {
    "sagemaker_program",
    "sagemaker_submit_directory",
    "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_region",
    "sagemaker_container_log_level",
    "sagemaker_job_name",
    "sagemaker_s3_output",
    "default_user_module_name",
    "_tuning_objective_metric",
}


class Job(NamedTuple):
    """All that the launcher knows before it starts anything. Paths are absolute."""

    base: str
    code: str
    state: str
    name: str
    # Relative to `code`; None for shell lines.
    entrypoint: Optional[str]
    arguments: List[str]
    # Processes an instance, for `distribution: torchrun`: 0 for one a GPU; None for a program as it is.
    processes: Optional[int]
    hyperparameters: Dict[str, Any]
    # The hyperparameters `sagemaker_…` that are meant for a framework.
    framework: Dict[str, Any]
    # As in `logging`.
    log_level: int
    resources: Dict[str, Any]
    # By name, without the code's channel.
    channels: Dict[str, Any]
    # Names of hyperparameters that the script gets without a value.
    flags: Collection[str] = ()
    # What the input `dependencies` put at the code's root: names.
    dependencies: Tuple[str, ...] = ()
    # By the variable's name: where the secret is, see src/code/secrets.ts.
    secrets: Optional[Dict[str, Dict[str, Any]]] = None

    @property
    def host(self) -> str:
        """This instance's name, `algo-N`."""
        return str(self.resources["current_host"])

    @property
    def hosts(self) -> List[str]:
        """All instances' names, in SageMaker's order."""
        return list(self.resources["hosts"])

    @property
    def interface(self) -> str:
        """The network interface that leads to the other hosts."""
        return str(self.resources.get("network_interface_name", "eth0"))

    @property
    def channel_folders(self) -> Dict[str, str]:
        """Where each channel's data is, by its name."""
        return channel_folders(self.base, self.channels)


def base_folder() -> str:
    """/opt/ml, or what stands in for it (as in AWS's toolkit)."""
    return os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"


def read_config(base: str, name: str) -> Dict[str, Any]:
    """One of the files under input/config; empty without the file."""
    path = os.path.join(base, "input", "config", name + ".json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    return dict(content)


def state_folder(base: str) -> str:
    """Where the checkpoint path is mounted: SSM_STATE, else as checkpointconfig.json says (assumed), else /state."""
    return os.environ.get("SSM_STATE") or str(read_config(base, "checkpointconfig").get("LocalPath") or "/state")


def read_hyperparameters(base: str) -> Dict[str, Any]:
    """The user's hyperparameters, sorted by name; a value that is not JSON is taken as plain text."""
    return {key: value for key, value in _all_hyperparameters(base).items() if not _is_sagemakers(key)}


def _all_hyperparameters(base: str) -> Dict[str, Any]:
    raw = read_config(base, "hyperparameters")
    return {key: _value(raw[key]) for key in sorted(raw)}


def _is_sagemakers(key: str) -> bool:
    return key.startswith(SAGEMAKER_PREFIX) or key in TOOLKIT_KEYS


def _value(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_channels(base: str) -> Dict[str, Any]:
    """The input channels by name, without the one that brings the code."""
    channels = read_config(base, "inputdataconfig")
    return {name: channels[name] for name in sorted(channels) if name != CODE_CHANNEL}


def channel_folders(base: str, channels: Iterable[str]) -> Dict[str, str]:
    """Where each channel's data is, by its name."""
    return {name: os.path.join(base, "input", "data", name) for name in channels}


def read_resources(base: str) -> Dict[str, Any]:
    """resourceconfig.json; without the file a single host of its own."""
    return read_config(base, "resourceconfig") or {"current_host": "algo-1", "hosts": ["algo-1"]}


def variable_text(value: Any) -> str:
    """A variable's text as sagemaker-training 5.1 forms it (mapping.to_env_vars): a string as it is, nothing for null,
    JSON in ASCII for the rest.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _processes(distribution: Optional[Dict[str, Any]]) -> Optional[int]:
    """Of `{"torchrun": {"processes": N or null}}`."""
    return None if distribution is None else int(distribution["torchrun"].get("processes") or 0)


def read_job() -> Job:
    """Read everything; raises OSError or ValueError where a file is missing or broken."""
    base = base_folder()
    code = os.path.join(base, "code")
    with open(os.path.join(code, "task_toolkit", "job.json"), encoding="utf-8") as file:
        start = json.load(file)
    hyperparameters = _all_hyperparameters(base)
    sagemakers = {key: value for key, value in hyperparameters.items() if _is_sagemakers(key)}
    return Job(
        base=base,
        code=code,
        state=state_folder(base),
        name=os.environ.get("TRAINING_JOB_NAME", ""),
        entrypoint=start["entrypoint"],
        arguments=list(start["arguments"]),
        processes=_processes(start.get("distribution")),
        hyperparameters={key: value for key, value in hyperparameters.items() if key not in sagemakers},
        framework={key: value for key, value in sagemakers.items() if key not in TOOLKIT_KEYS},
        log_level=sagemakers.get("sagemaker_container_log_level", INFO),
        resources=read_resources(base),
        channels=read_channels(base),
        flags=start.get("flags", ()),
        dependencies=tuple(start.get("dependencies", [])),
        secrets=start.get("secrets"),
    )
