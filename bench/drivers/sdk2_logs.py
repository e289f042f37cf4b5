"""Prints a job's log to its end by the SageMaker Python SDK v2, as `fit(logs=True)` does: `JOB`."""

import sys

from sagemaker import Session

Session().logs_for_job(sys.argv[1], wait=True)
