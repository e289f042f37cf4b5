"""A container's environment: the request's, AWS's, and of the server's only how `pip` reaches its index.

boto3 takes credentials from a URL on a loopback address or at AWS's own addresses only, and the server is at neither in
there; so the execution role's session is told by its keys, which last as long as a job can.
"""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker_local.accounts import Credentials
from sagemaker_local.sagemaker.record import TrainingJob

_PASSED = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES")


def container_environment(
    job: TrainingJob,
    *,
    reached: str | None,
    credentials: Credentials | None,
    tls: Mapping[str, str],
    server: Mapping[str, str],
) -> dict[str, str]:
    """All variables of one container, beside the image's. `reached`: the server's HOST:PORT in there."""
    environment = {name: server[name] for name in _PASSED if name in server}
    environment |= {
        **tls,
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
        "AWS_REGION": job.region,
        "AWS_DEFAULT_REGION": job.region,
    }
    if reached:
        environment |= {"AWS_ENDPOINT_URL": f"http://{reached}", "S3_ENDPOINT_URL": f"http://{reached}"}
        host = reached.rpartition(":")[0]
        environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), f"{host},127.0.0.1,localhost")
    if credentials:
        environment |= {
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token,
        }
    requested: dict[str, str] = job.request.get("Environment", {})
    return environment | requested
