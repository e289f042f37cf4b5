"""The variables of script mode, so that code written for SageMaker runs unchanged, and ours, SSM_*.

Names and values are those of AWS's sagemaker-training 5.1 (environment.to_env_vars); TF_CONFIG and the rendezvous
variables are those that the framework images set.
"""

import json
import multiprocessing
import os
import subprocess
from typing import Any, Dict, List

from task_toolkit.command import user_arguments
from task_toolkit.job import Job

# Ports of the framework images: sagemaker-tensorflow-training's parameter servers, sagemaker-pytorch-training's master.
TENSORFLOW_PORT = 2222
MASTER_PORT = 7777
INFO = 20
GPUS = ["nvidia-smi", "--list-gpus"]


def environment(job: Job) -> Dict[str, str]:
    """The variables to add to the container's own."""
    channels = {"channel_" + name: os.path.join(job.base, "input", "data", name) for name in job.channels}
    hyperparameters = {"hp_" + key: value for key, value in job.hyperparameters.items()}
    facts = _facts(job)
    script_mode = dict(facts, training_env=_training_env(job, facts), **channels)
    script_mode.update(hyperparameters)
    variables = {"SM_" + key.upper(): _text(value) for key, value in script_mode.items()}
    variables.update(_rendezvous(job))
    variables.update(
        SSM_STATE=job.state,
        SSM_INSTANCE_STATE=os.path.join(job.state, job.host),
        SSM_JOB_NAME=job.name,
        PYTHONUNBUFFERED="1",
        PYTHONPATH=os.pathsep.join([job.code] + [path for path in [os.environ.get("PYTHONPATH")] if path]),
    )
    # NUL cannot be in a variable, and neither can a name with "=".
    return {key: value.replace("\0", "") for key, value in variables.items() if "=" not in key}


def _facts(job: Job) -> Dict[str, Any]:
    groups = job.resources.get("instance_groups") or []
    own_group = job.resources.get("current_group_name", "homogeneousCluster")
    group_hosts = [group.get("hosts", []) for group in groups if group.get("instance_group_name") == own_group]
    entrypoint = job.entrypoint or "task_toolkit/run.sh"
    return {
        "hosts": job.hosts,
        "network_interface_name": job.interface,
        "hps": job.hyperparameters,
        "user_entry_point": entrypoint,
        "framework_params": {},
        "resource_config": job.resources,
        "input_data_config": job.channels,
        "output_data_dir": os.path.join(job.base, "output", "data"),
        "channels": sorted(job.channels),
        "current_host": job.host,
        "current_instance_type": job.resources.get("current_instance_type", "local"),
        "current_instance_group": own_group,
        "current_instance_group_hosts": group_hosts[0] if group_hosts else job.hosts,
        "instance_groups": [group.get("instance_group_name") for group in groups],
        "instance_groups_dict": {group.get("instance_group_name"): group for group in groups},
        "distribution_instance_groups": [],
        "is_hetero": len(groups) > 1,
        "module_name": os.path.splitext(entrypoint)[0],
        "log_level": INFO,
        "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
        "input_dir": os.path.join(job.base, "input"),
        "input_config_dir": os.path.join(job.base, "input", "config"),
        "output_dir": os.path.join(job.base, "output"),
        "num_cpus": multiprocessing.cpu_count(),
        "num_gpus": count_devices(GPUS),
        "num_neurons": count_devices(["neuron-ls"]),
        "model_dir": os.path.join(job.base, "model"),
        "module_dir": job.code,
        "user_args": user_arguments(job),
        "output_intermediate_dir": os.path.join(job.base, "output", "intermediate"),
    }


def _training_env(job: Job, facts: Dict[str, Any]) -> Dict[str, Any]:
    """The same as one map, under the names that AWS's toolkit has there."""
    left_out = ("hps", "framework_params", "user_args")
    env = {key: value for key, value in facts.items() if key not in left_out}
    env.update(
        hyperparameters=job.hyperparameters,
        additional_framework_parameters={},
        channel_input_dirs={name: os.path.join(job.base, "input", "data", name) for name in job.channels},
        job_name=job.name,
        master_hostname=job.hosts[0],
        is_master=job.host == job.hosts[0],
    )
    return env


def count_devices(command: List[str]) -> int:
    """The lines that a device lister prints; none where it is not there or finds no driver."""
    try:
        listed = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    lines = listed.stdout.decode("utf-8", "replace").splitlines()
    return len([line for line in lines if line.strip()]) if listed.returncode == 0 else 0


def _rendezvous(job: Job) -> Dict[str, str]:
    """What distributed programs look for; an image's own values stay."""
    values = {
        "MASTER_ADDR": job.hosts[0],
        "MASTER_PORT": str(MASTER_PORT),
        "NCCL_SOCKET_IFNAME": job.interface,
    }
    if len(job.hosts) > 1:
        values["TF_CONFIG"] = json.dumps(tensorflow_config(job.hosts, job.host))
    return {key: value for key, value in values.items() if key not in os.environ}


def tensorflow_config(hosts: List[str], host: str) -> Dict[str, Any]:
    """All hosts as workers: https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable"""
    workers = ["{}:{}".format(name, TENSORFLOW_PORT) for name in hosts]
    return {
        "cluster": {"worker": workers},
        "task": {"type": "worker", "index": hosts.index(host)},
        "environment": "cloud",
    }


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
