"""The same training by the SageMaker Python SDK v3, as a script has it: what docs/seen.md shows beside the action."""

import sys

from sagemaker.core.utils.utils import configure_logging
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

configure_logging()  # without it the SDK prints nothing of the job's log
features = {"features": sys.argv[1]} if len(sys.argv) > 1 else {}
trainer = ModelTrainer(
    training_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312",
    role="arn:aws:iam::123456789012:role/training",
    base_job_name="train",
    source_code=SourceCode(source_dir="code", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"epochs": 12, "learning-rate": 0.01, **features},
    environment={"EPOCH_SECONDS": "0.5"},
)
trainer.train(input_data_config=[InputData(channel_name="data", data_source="data")], wait=True, logs=True)
