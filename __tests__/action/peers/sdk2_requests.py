"""The CreateTrainingJob requests that the SageMaker Python SDK v2 makes of these jobs, as JSON; none is sent.

Standard input: `[{"framework", "version", "python", "count", "type", "hyperparameters", "distribution", "channels"}]`.
"""

import json
import logging
import sys
from typing import Any

import boto3
from sagemaker import Session
from sagemaker.huggingface import HuggingFace
from sagemaker.mxnet import MXNet
from sagemaker.pytorch import PyTorch
from sagemaker.tensorflow import TensorFlow


class Seen(Exception):  # noqa: N818 - what ends a request that is not sent
    """The request."""


def request(job: dict[str, Any], bucket: str) -> dict[str, Any]:
    """What the SDK would send."""

    def look(params: dict[str, Any], **_: Any) -> None:
        raise Seen(params)

    session = Session(boto3.Session(region_name="us-east-1"), default_bucket=bucket)
    session.sagemaker_client.meta.events.register("provide-client-params.sagemaker.CreateTrainingJob", look)
    common = {
        "role": "arn:aws:iam::123456789012:role/SimpleSagemaker-project",
        "entry_point": "train.py",
        "source_dir": f"s3://{bucket}/code/sourcedir.tar.gz",
        "sagemaker_session": session,
        "instance_count": job["count"],
        "instance_type": job["type"],
        "hyperparameters": job["hyperparameters"],
        "distribution": job.get("distribution"),
        "py_version": job["python"],
        "output_path": f"s3://{bucket}/out",
        "metric_definitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        "disable_profiler": True,
        "debugger_hook_config": False,
    }
    match job["framework"]:
        case "pytorch":
            estimator = PyTorch(framework_version=job["version"], **common)
        case "tensorflow":
            estimator = TensorFlow(framework_version=job["version"], model_dir=False, **common)
        case "mxnet":
            estimator = MXNet(framework_version=job["version"], **common)
        case other:
            transformers, _, base = job["version"].partition("-pytorch")
            assert other == "huggingface"
            estimator = HuggingFace(transformers_version=transformers, pytorch_version=base, **common)
    try:
        estimator.fit({"train": f"s3://{bucket}/data/"} if job["channels"] else None, wait=False)
    except Seen as seen:
        found: dict[str, Any] = seen.args[0]
        return found
    raise AssertionError("nothing was sent")


logging.disable(logging.INFO)
bucket = sys.argv[1]
made = [request(job, bucket) for job in json.load(sys.stdin)]
# The SDK prints too.
print("\n" + json.dumps(made))
