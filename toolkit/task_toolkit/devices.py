"""The instance's processors, counted as AWS's sagemaker-training 5.1 counts them (environment.num_cpus and others)."""

import json
import os
import shutil
import subprocess
from typing import List

# Seconds; a driver that hangs must not hold the job.
PATIENCE = 60
# sagemaker-training does not ask this type's driver.
NEURONS_BY_TYPE = {"ml.trn2.48xlarge": 64, "trn2.48xlarge": 64}


def cpus() -> int:
    """Logical processors of the machine, not those that this process may use."""
    return os.cpu_count() or 1


def gpus() -> int:
    """NVIDIA's devices; the partitions of one (MIG) are listed, but not counted."""
    return sum(line.startswith("GPU ") for line in _listed(["nvidia-smi", "--list-gpus"]).splitlines())


def neurons(instance_type: str) -> int:
    """Cores of Trainium and Inferentia; neuron-ls prints [{"nc_count": 2, …}, …]."""
    if instance_type in NEURONS_BY_TYPE:
        return NEURONS_BY_TYPE[instance_type]
    try:
        return sum(int(device.get("nc_count", 0)) for device in json.loads(_listed(["neuron-ls", "-j"]) or "[]"))
    except (ValueError, TypeError, AttributeError):
        # A driver that prints something else counts as no GPU.
        return 0


def _listed(command: List[str]) -> str:
    """What a device lister prints; nothing where it is not there or finds no driver."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        listed = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return listed.stdout.decode("utf-8", "replace") if listed.returncode == 0 else ""
