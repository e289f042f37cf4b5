"""The job as its files tell it: SageMaker's under input/config, the action's in task_toolkit/job.json.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional

CODE_CHANNEL = "ssm_code"
# Hyperparameters of AWS's own toolkit; not the user's.
SAGEMAKER_PREFIX = "sagemaker_"


class Job(NamedTuple):
    """All that the launcher knows before it starts anything. Paths are absolute."""

    base: str
    code: str
    state: str
    name: str
    # Relative to `code`; None for shell lines.
    entrypoint: Optional[str]
    arguments: List[str]
    hyperparameters: Dict[str, Any]
    resources: Dict[str, Any]
    # By name, without the code's channel.
    channels: Dict[str, Any]

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


def base_folder() -> str:
    """/opt/ml, or what stands in for it (as in AWS's toolkit)."""
    return os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"


def read_config(base: str, name: str) -> Dict[str, Any]:
    """One of the files under input/config; empty where there is none."""
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
    """The user's hyperparameters, sorted by name; each value is a JSON text, or a plain one where it is none."""
    raw = read_config(base, "hyperparameters")
    return {key: _value(raw[key]) for key in sorted(raw) if not key.startswith(SAGEMAKER_PREFIX)}


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


def read_resources(base: str) -> Dict[str, Any]:
    """resourceconfig.json; a single host of its own where there is none."""
    return read_config(base, "resourceconfig") or {"current_host": "algo-1", "hosts": ["algo-1"]}


def read_job() -> Job:
    """Read everything; raises OSError or ValueError where a file is missing or broken."""
    base = base_folder()
    code = os.path.join(base, "code")
    with open(os.path.join(code, "task_toolkit", "job.json"), encoding="utf-8") as file:
        start = json.load(file)
    return Job(
        base=base,
        code=code,
        state=state_folder(base),
        name=os.environ.get("TRAINING_JOB_NAME", ""),
        entrypoint=start["entrypoint"],
        arguments=list(start["arguments"]),
        hyperparameters=read_hyperparameters(base),
        resources=read_resources(base),
        channels=read_channels(base),
    )
