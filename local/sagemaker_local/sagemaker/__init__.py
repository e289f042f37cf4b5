"""The SageMaker API."""
