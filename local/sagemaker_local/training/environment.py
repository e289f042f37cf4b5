"""An instance's environment: the request's, AWS's, and of the server's only what programs need to be found and `pip`
needs to reach its index. Nothing else of the server's gets in, secrets least of all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sagemaker_local.sagemaker.record import TrainingJob
from sagemaker_local.training.host import Host

_PASSED = [
    *("HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
]
_CHECKPOINTS = "/opt/ml/checkpoints"


def instance_environment(
    job: TrainingJob,
    host: Host,
    *,
    url: str,
    credentials_path: str,
    isolated: bool,
    server: Mapping[str, str],
    tls: Mapping[str, str],
) -> dict[str, str]:
    """All variables of one instance. `server` is the server's own environment, `tls` what leads to AWS's names here."""
    environment = {name: server[name] for name in _PASSED if name in server}
    environment |= {name: value for name, value in server.items() if name.startswith("PIP_")}
    environment |= tls
    for name in ("NO_PROXY", "no_proxy"):  # the server is never behind a proxy
        environment[name] = ",".join(filter(None, [environment.get(name), "127.0.0.1", "localhost"]))
    environment |= {
        "PATH": job_path(server.get("PATH", os.defpath)),
        "LANG": environment.get("LANG", "C.UTF-8"),
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
        "AWS_REGION": job.region,
        "AWS_DEFAULT_REGION": job.region,
        "AWS_ENDPOINT_URL": url,
        "S3_ENDPOINT_URL": url,  # of AWS's training toolkit
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}{credentials_path}",
        # The home folder is the runner's: its profiles must not come before the role.
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
    }
    if job.request["EnableNetworkIsolation"]:  # such a container gets no credentials (SageMaker documentation)
        del environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    if not isolated:
        environment |= _plain(host, environment["PATH"])
    requested: dict[str, str] = job.request.get("Environment", {})
    return environment | requested


def _plain(host: Host, path: str) -> dict[str, str]:
    """What stands in for namespaces: folders of the instance's own, told by variables."""
    site = host.folder / "site"
    return {
        "SAGEMAKER_BASE_DIR": str(host.base),
        "SM_STUDIO_LOCAL_MODE": "true",  # AWS's training toolkit then does not wait for host names
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
