"""An instance's environment: the request's variables, AWS's, and the few of the server's that are named here.

Nothing else of the server's gets in, secrets least of all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sagemaker_local.instances.host import Host
from sagemaker_local.protocol.credentials import Credentials
from sagemaker_local.sagemaker.record import TrainingJob

# By which programs are found, and by which `pip` reaches its index.
_OF_PROCESSES = [
    *("HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
]
_OF_CONTAINERS = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES"]
_CHECKPOINTS = "/opt/ml/checkpoints"


def process_environment(
    job: TrainingJob,
    host: Host,
    *,
    url: str,
    credentials_path: str,
    meeting_port: int | None,
    server: Mapping[str, str],
    tls: Mapping[str, str],
) -> dict[str, str]:
    """All variables of one process. `server` is the server's own environment, `tls` what leads to AWS's names here.

    `meeting_port`: where the hosts of a job meet that are plain processes, on the loopback; None with namespaces.
    """
    environment = _passed(_OF_PROCESSES, server)
    environment |= {name: value for name, value in server.items() if name.startswith("PIP_")}
    environment |= tls
    for name in ("NO_PROXY", "no_proxy"):  # the server is never behind a proxy
        environment[name] = ",".join(filter(None, [environment.get(name), "127.0.0.1", "localhost"]))
    environment |= _of_job(job) | _endpoint(url)
    environment |= {
        "PATH": job_path(server.get("PATH", os.defpath)),
        "LANG": environment.get("LANG", "C.UTF-8"),
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        # The home folder is the runner's: its profiles must not come before the role.
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
    }
    if not job.request["EnableNetworkIsolation"]:  # such a container gets no credentials (SageMaker documentation)
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{url}{credentials_path}"
    if meeting_port is not None:
        environment |= _plain(host, environment["PATH"], meeting_port)
    return environment | _requested(job)


def container_environment(
    job: TrainingJob,
    *,
    reached: str | None,
    credentials: Credentials | None,
    server: Mapping[str, str],
    tls: Mapping[str, str],
) -> dict[str, str]:
    """All variables of one container, beside the image's. `reached`: the server's HOST:PORT in there.

    boto3 takes credentials from a URL on a loopback address or at AWS's own addresses only, and the server is at
    neither in there; so the execution role's session is passed by its keys, which last as long as a job can.
    """
    environment = {**_passed(_OF_CONTAINERS, server), **tls, **_of_job(job)}
    if reached:
        environment |= _endpoint(f"http://{reached}")
        host = reached.rpartition(":")[0]
        environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), f"{host},127.0.0.1,localhost")
    if credentials:
        environment |= {
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token,
        }
    return environment | _requested(job)


def _passed(names: list[str], server: Mapping[str, str]) -> dict[str, str]:
    return {name: server[name] for name in names if name in server}


def _of_job(job: TrainingJob) -> dict[str, str]:
    return {
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
        "AWS_REGION": job.region,
        "AWS_DEFAULT_REGION": job.region,
    }


def _endpoint(url: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": url, "S3_ENDPOINT_URL": url}  # the second is of AWS's training toolkit


def _requested(job: TrainingJob) -> dict[str, str]:
    return dict(job.request.get("Environment", {}))


def _plain(host: Host, path: str, meeting_port: int) -> dict[str, str]:
    """What stands in for namespaces: folders of the instance's own, named by variables."""
    site = host.folder / "site"
    return {
        "SAGEMAKER_BASE_DIR": str(host.base),
        "SM_STUDIO_LOCAL_MODE": "true",  # AWS's training toolkit then does not wait for host names
        # They do not resolve: distributed programs meet on the loopback, at a port of this job.
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(meeting_port),
        "TMPDIR": str(host.temporary),
        "PIP_TARGET": str(site),
        "PATH": os.pathsep.join([str(site / "bin"), path]),
        "PYTHONPATH": str(site),
    }


def checkpoint_path(job: TrainingJob, host: Host, *, isolated: bool) -> str:
    """Where the instance sees its checkpoints."""
    path = str(job.request.get("CheckpointConfig", {}).get("LocalPath", _CHECKPOINTS))
    return path if isolated else str(host.state)


def job_path(path: str) -> str:
    """A PATH without the server's own virtual environment: a job's `python3` is the machine's."""
    if sys.prefix == sys.base_prefix:
        return path
    own = Path(sys.prefix, "bin")
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if Path(entry) != own)
