"""A training job by the SageMaker Python SDK v2, as its documentation shows."""

import sys

from sagemaker import Session
from sagemaker.inputs import TrainingInput
from sagemaker.pytorch import PyTorch

kind = "fail" if sys.argv[1:] == ["fail"] else "ok"
session = Session()
bucket = session.default_bucket()
session.upload_string_as_file_body("a,b\n1,2\n", bucket, "v2/data/x.csv")
estimator = PyTorch(
    entry_point="train.py",
    source_dir="code",
    role="SdkRole",
    framework_version="2.1",
    py_version="py310",
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"lr": 0.1, "name": "plain", **({"fail": True} if kind == "fail" else {})},
    metric_definitions=[{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
    use_spot_instances=True,
    max_run=600,
    max_wait=600,
    checkpoint_s3_uri=f"s3://{bucket}/v2/checkpoints",
    base_job_name=f"sdk-v2-{kind}",
)
estimator.fit({"train": TrainingInput(f"s3://{bucket}/v2/data/")}, logs=True)
name = estimator.latest_training_job.name
(metric,) = session.describe_training_job(name)["FinalMetricDataList"]
print("METRIC", metric["MetricName"], metric["Value"])
print("ATTACHED", PyTorch.attach(name).model_data == estimator.model_data)
jobs = session.sagemaker_client.list_training_jobs()["TrainingJobSummaries"]
print("LISTED", name in [job["TrainingJobName"] for job in jobs])
