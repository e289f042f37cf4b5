"""Secrets Manager and the Parameter Store of Systems Manager; both are moto's."""
