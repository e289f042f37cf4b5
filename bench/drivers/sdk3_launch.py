"""Starts a training job by the SageMaker Python SDK v3, as its documentation shows, and does not wait: `JOB ROLE`."""

import sys

from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, SourceCode

name, role = sys.argv[1:]
trainer = ModelTrainer(
    training_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1.0-cpu-py310",
    role=role,
    source_code=SourceCode(source_dir="code", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"epochs": 3},
    base_job_name=name,
)
trainer.train(wait=False, logs=False)
