"""The worker's side of simple-sagemaker-action: the launcher of every job, and `algo_lib` for the user's code."""
