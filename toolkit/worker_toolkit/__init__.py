"""The worker library of `ssm` 0.9.24 by its own name; `task_toolkit` has what it is made of."""
