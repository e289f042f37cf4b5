"""The Docker engine, and jobs that run in its containers."""
