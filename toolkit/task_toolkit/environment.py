"""The variables of script mode, so that code written for SageMaker runs unchanged, and ours, SSM_*.

Names and values are those of AWS's sagemaker-training 5.1 (environment.py: Environment.to_env_vars; mapping.py:
to_env_vars). What differs: SM_MODULE_DIR is the code folder, not the archive's address; the code's channel is hidden;
the entry point of shell lines is task_toolkit/run.sh.
"""

import os
import shutil
from typing import Any, Dict

from task_toolkit import devices
from task_toolkit.command import RUN_SCRIPT, user_arguments
from task_toolkit.hosts import rendezvous
from task_toolkit.job import Job, variable_text


def environment(job: Job) -> Dict[str, str]:
    """The variables to add to the container's own."""
    facts = _facts(job)
    script_mode = dict(_exported(job, facts), training_env=_training_env(job, facts))
    script_mode.update(("channel_" + name, path) for name, path in job.channel_folders.items())
    script_mode.update(("hp_" + key, value) for key, value in job.hyperparameters.items())
    variables = {"SM_" + key.upper(): variable_text(value) for key, value in script_mode.items()}
    variables.update(_of_the_toolkit(job))
    variables.update(rendezvous(job))
    variables.update(
        SSM_STATE=job.state,
        SSM_INSTANCE_STATE=os.path.join(job.state, job.host),
        SSM_JOB_NAME=job.name,
        SSM_NUM_NODES=str(len(job.hosts)),
        SSM_HOST_RANK=str(job.hosts.index(job.host) if job.host in job.hosts else -1),
        SSM_TENSORBOARD_DIR=os.path.join(job.base, "output", "tensorboard"),
        PYTHONUNBUFFERED="1",
        PYTHONPATH=os.pathsep.join([job.code] + [path for path in [os.environ.get("PYTHONPATH")] if path]),
    )
    # The kernel knows neither a NUL in a variable nor a "=" in its name.
    return {key: value.replace("\0", "") for key, value in variables.items() if not set(key) & set("=\0")}


def _facts(job: Job) -> Dict[str, Any]:
    """What is both a variable of its own and a member of SM_TRAINING_ENV, under the same name."""
    groups = job.resources.get("instance_groups") or []
    own_group = job.resources.get("current_group_name", "homogeneousCluster")
    instance_type = str(job.resources.get("current_instance_type", "local"))
    entrypoint = job.entrypoint or RUN_SCRIPT
    return {
        "hosts": job.hosts,
        "network_interface_name": job.interface,
        "user_entry_point": entrypoint,
        "resource_config": job.resources,
        "input_data_config": job.channels,
        "output_data_dir": os.path.join(job.base, "output", "data"),
        "current_host": job.host,
        "current_instance_type": instance_type,
        "current_instance_group": own_group,
        "current_instance_group_hosts": next(
            (group["hosts"] for group in groups if group["instance_group_name"] == own_group), []
        ),
        "instance_groups": [group["instance_group_name"] for group in groups],
        "instance_groups_dict": {group["instance_group_name"]: group for group in groups},
        "distribution_instance_groups": job.framework.get("sagemaker_distribution_instance_groups", []),
        "is_hetero": len(groups) > 1,
        "module_name": entrypoint[: -len(".py")] if entrypoint.endswith(".py") else entrypoint,
        "log_level": job.log_level,
        "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
        "input_dir": os.path.join(job.base, "input"),
        "input_config_dir": os.path.join(job.base, "input", "config"),
        "output_dir": os.path.join(job.base, "output"),
        "num_cpus": devices.cpus(),
        "num_gpus": devices.gpus(),
        "num_neurons": devices.neurons(instance_type),
        "model_dir": os.path.join(job.base, "model"),
        "module_dir": job.code,
        "output_intermediate_dir": os.path.join(job.base, "output", "intermediate"),
    }


def _exported(job: Job, facts: Dict[str, Any]) -> Dict[str, Any]:
    """What has another name, or no place, in SM_TRAINING_ENV."""
    exported = dict(
        facts,
        hps=job.hyperparameters,
        framework_params=job.framework,
        channels=sorted(job.channels),
        user_args=user_arguments(job),
    )
    topology = job.resources.get("topology")
    return dict(exported, topology=topology) if topology else exported


def _training_env(job: Job, facts: Dict[str, Any]) -> Dict[str, Any]:
    """The properties of AWS's Environment; the first host is the master, as no group is one of a distribution."""
    model_parallel = os.environ.get("SM_HP_MP_PARAMETERS")
    return dict(
        facts,
        hyperparameters=job.hyperparameters,
        additional_framework_parameters=job.framework,
        channel_input_dirs=job.channel_folders,
        distribution_hosts=[] if job.resources.get("instance_groups") else job.hosts,
        is_master=job.host == job.hosts[0],
        is_modelparallel_enabled=model_parallel and model_parallel != "{}",
        is_smddpmprun_installed=shutil.which("smddpmprun") is not None,
        is_smddprun_installed=shutil.which("smddprun") is not None,
        job_name=job.name,
        master_hostname=job.hosts[0],
        topology=job.resources.get("topology", []),
    )


def _of_the_toolkit(job: Job) -> Dict[str, str]:
    """What AWS's toolkit leaves in its own environment, and so in the script's."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    return {"CURRENT_HOST": job.host, "SAGEMAKER_JOB_NAME": job.name, "SAGEMAKER_REGION": region}
