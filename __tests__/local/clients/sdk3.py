"""Training jobs by the SageMaker Python SDK v3, as its documentation shows."""

import logging
import time

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import TrainingJob
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

logging.basicConfig(level=logging.INFO)  # its log of the job is log records
session = Session()
bucket = session.default_bucket()
session.upload_string_as_file_body("a,b\n1,2\n", bucket, "v3/data/x.csv")


def trainer(**code):
    return ModelTrainer(
        training_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1.0-cpu-py310",
        role="arn:aws:iam::123456789012:role/SdkRole",
        source_code=SourceCode(source_dir="code", **code),
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=10),
        hyperparameters={"lr": 0.1},
        base_job_name="sdk-v3",
    )


trained = trainer(entry_script="train.py")
data = InputData(channel_name="train", data_source=f"s3://{bucket}/v3/data/")
trained.train(input_data_config=[data], wait=True, logs=True)
job = trained._latest_training_job
print("STATUS", job.training_job_status)
print("GOT", TrainingJob.get(job.training_job_name).training_job_status)
print("LISTED", job.training_job_name in [each.training_job_name for each in TrainingJob.get_all()])
sleeper = trainer(command="sleep 60")
sleeper.train(wait=False)
job = sleeper._latest_training_job
time.sleep(2)
job.stop()
job.wait(poll=1)
print("STOPPED", TrainingJob.get(job.training_job_name).training_job_status)
