"""The hosts of a job that has several: waiting until they find each other, and where they meet."""

import json
import os
import time
from typing import Any, Dict, List

from task_toolkit.job import Job
from task_toolkit.output import Output
from task_toolkit.process import Signals

# Seconds to wait until the other hosts' names resolve, between two looks, and between two lines about it.
PATIENCE = 15 * 60
PAUSE = 0.5
NEWS = 30

# sagemaker-pytorch-training's master; sagemaker-tensorflow-training's cluster.
MASTER_PORT = 7777
TENSORFLOW_PORT = 2222


def wait_for_hosts(job: Job, output: Output, signals: Signals) -> None:
    """SageMaker's name service can be behind the containers; AWS's toolkit waits likewise (entry_point.py).

    SM_STUDIO_LOCAL_MODE=true skips it: there the hosts' names mean nothing.
    """
    if len(job.hosts) < 2 or os.environ.get("SM_STUDIO_LOCAL_MODE", "").lower() == "true":
        return
    begun = time.monotonic()
    news = begun + NEWS
    missing = [host for host in job.hosts if not resolves(host)]
    while missing and not signals.received and time.monotonic() - begun < PATIENCE:
        if time.monotonic() >= news:
            output.say("Waiting for the names of " + ", ".join(missing))
            news += NEWS
        time.sleep(PAUSE)
        missing = [host for host in missing if not resolves(host)]
    if missing and not signals.received:
        output.say("Warning: the names of {} do not resolve. Going on without them.".format(", ".join(missing)))


def resolves(host: str) -> bool:
    """Whether the name has an address."""
    # Not for jobs of one instance, see launcher.py.
    import socket

    try:
        socket.gethostbyname(host)
    except OSError:
        return False
    return True


def rendezvous(job: Job) -> Dict[str, str]:
    """The variables by which distributed programs find each other; those of the container stay as they are."""
    values = {
        "MASTER_ADDR": job.hosts[0],
        "MASTER_PORT": str(MASTER_PORT),
        "NCCL_SOCKET_IFNAME": job.interface,
    }
    if len(job.hosts) > 1:
        values["TF_CONFIG"] = json.dumps(tensorflow_config(job.hosts, job.host))
    return {key: value for key, value in values.items() if key not in os.environ}


def tensorflow_config(hosts: List[str], host: str) -> Dict[str, Any]:
    """Every host a worker, the first of them the chief, which is TensorFlow's default.

    The form is that of sagemaker-tensorflow-training's MultiWorkerMirroredStrategy, which has port 8890 there.
    """
    workers = ["{}:{}".format(name, TENSORFLOW_PORT) for name in hosts]
    task = {"type": "worker", "index": hosts.index(host)}
    return {"cluster": {"worker": workers}, "environment": "cloud", "task": task}
