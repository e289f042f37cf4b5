"""Prints a hyperparameter."""

from task_toolkit import algo_lib

print(algo_lib.parseArgs().hps["msg"])
