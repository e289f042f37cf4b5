"""Starts a training job by the SageMaker Python SDK v2, as its documentation shows, and does not wait: `JOB ROLE`."""

import sys

from sagemaker.pytorch import PyTorch

name, role = sys.argv[1:]
estimator = PyTorch(
    entry_point="train.py",
    source_dir="code",
    role=role,
    framework_version="2.1",
    py_version="py310",
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"epochs": 3},
)
estimator.fit(wait=False, job_name=name)
