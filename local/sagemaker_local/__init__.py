"""AWS on this machine: the APIs that a SageMaker client calls, at one URL, with training jobs that really run."""

__version__ = "1.0.0"
