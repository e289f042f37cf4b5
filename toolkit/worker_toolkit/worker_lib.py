"""What a worker's code needs to know about its job, as code written for `ssm` 0.9.24 asks for it.

    from worker_toolkit import worker_lib

    worker_config = worker_lib.WorkerConfig()
    print(worker_config.hps["msg"], worker_config.instance_state)

Names, types, defaults and log lines are those of PyPI's simple-sagemaker 0.9.24. There a task is completed by a job
that ended well; a mark is not needed.
"""

import argparse
import logging
import os
import shlex
import sys
from pathlib import Path
from typing import Any, Mapping

from task_toolkit import instance_state, job, log, options
from task_toolkit.options import Option

logger = logging.getLogger(__name__)


class WorkerConfig:
    """The job's facts, as attributes of this object and of its `config`.

    Folders: model_dir, output_data_dir, output_dir, input_dir, input_config_dir, tensorboard_dir, state, and with the
    switch `per_instance_state` instance_state. Channels: channels, and channel_NAME the folder of each; channel_data,
    channel_model ("" without such a channel). hps: all hyperparameters with the types of their JSON. JSON texts:
    input_data_config, resource_config. current_host, hosts, num_nodes and host_rank (-1 where unknown), job_name,
    num_cpus, num_gpus, network_interface_name.
    """

    config: argparse.Namespace

    def __init__(self, per_instance_state: bool = True, set_debug_level: bool = True, update_argv: bool = True) -> None:
        """Read the facts, then do what the switches ask for: `initMultiWorkersState`, `setDebugLevel`, and the words of
        `--external_hps` put in place of it in sys.argv.
        """
        if set_debug_level:
            self.setDebugLevel()
        self.parseArgs()
        self.per_instance_state = False
        if per_instance_state:
            self.initMultiWorkersState()
        if update_argv:
            _unpack_external_hps()
        # SageMaker's debugger has a logger that else hides other lines.
        os.environ["SMDEBUG_LOG_LEVEL"] = "warning"
        logger.info("Worker config: %s", log.shown(self.config))

    def __getattr__(self, item: str) -> Any:
        """What is no attribute of this object is one of its `config`; raises AttributeError."""
        if item == "config":
            # It is not read yet.
            raise AttributeError(item)
        return getattr(self.config, item)

    def setDebugLevel(self) -> None:
        """Let the root logger show what SM_LOG_LEVEL says, a number as in `logging`; INFO without it."""
        log.set_level()

    def parseArgs(self) -> None:
        """Read `config`: from the command line, else from SM_* variables, else from SageMaker's files.

        SSM_NUM_NODES, SSM_HOST_RANK, SSM_TENSORBOARD_DIR and SSM_STATE are set for programs that this one starts.
        """
        told = options.variables()
        args, _ = options.read(
            [
                *options.COMMON,
                Option("--channels", "SM_CHANNELS", "[]", options.names),
                Option("--channel-data", "SM_CHANNEL_DATA", ""),
                Option("--channel-model", "SM_CHANNEL_MODEL", ""),
                Option("--hosts", "SM_HOSTS", "[]", options.names),
                Option("--network_interface_name", "SM_NETWORK_INTERFACE_NAME", ""),
            ],
            told,
        )
        options.add_channels(args, "channel_", args.channels, told)
        args.num_nodes = len(args.hosts) or -1
        args.host_rank = args.hosts.index(args.current_host) if args.current_host in args.hosts else -1
        base = job.base_folder()
        args.tensorboard_dir = os.path.join(base, "output", "tensorboard")
        args.state = job.state_folder(base)
        os.environ["SSM_NUM_NODES"] = str(args.num_nodes)
        os.environ["SSM_HOST_RANK"] = str(args.host_rank)
        os.environ["SSM_TENSORBOARD_DIR"] = args.tensorboard_dir
        os.environ["SSM_STATE"] = args.state
        self.config = args

    def updateNamespace(self, namespace: argparse.Namespace, fields_mapping: Mapping[str, str]) -> None:
        """Set attributes of the namespace: `{"num_cpus": "workers"}` sets its `workers`; raises AttributeError."""
        for own, its in fields_mapping.items():
            setattr(namespace, its, getattr(self.config, own))

    def initMultiWorkersState(self) -> None:
        """Delete other instances' state, and make this instance's own folder: `instance_state`, SSM_INSTANCE_STATE.

        Once is enough: after that it does nothing. See `instance_state` of task_toolkit for what it means in S3.
        """
        if self.per_instance_state:
            return
        self.per_instance_state = True
        state, host = self.config.state, self.config.current_host
        instance_state.delete_others(state, host, logger)
        self.config.instance_state = instance_state.made(Path(state, host), logger, "Creating state dir")
        os.environ["SSM_INSTANCE_STATE"] = self.config.instance_state


def _unpack_external_hps() -> None:
    """`--external_hps '"--lr 0.1"'`, as `ssm` sends what its user wrote, becomes `--lr 0.1`, before all other words."""
    words = sys.argv[1:]
    at = words.index("--external_hps") if "--external_hps" in words else len(words)
    if at + 1 >= len(words):
        return
    packed = words[at + 1]
    # Its quotes keep AWS's toolkit from splitting it.
    inner = packed[1:-1] if len(packed) > 1 and packed[0] == packed[-1] == '"' else packed
    sys.argv = [sys.argv[0], *shlex.split(inner), *words[:at], *words[at + 2 :]]
    logger.info("sys.argv was updated to: %s", log.shown_words(sys.argv))
