"""Evaluates the model of another task on data that no training has seen."""

import tarfile
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from task_toolkit import algo_lib


def main() -> None:
    """Report the accuracy on the last quarter of the data."""
    args = algo_lib.parseArgs()
    with tarfile.open(Path(args.input_best, "model.tar.gz")) as archive:
        model = joblib.load(archive.extractfile("model.joblib"))

    images, digits = load_digits(return_X_y=True)
    _, test_x, _, test_y = train_test_split(images, digits, test_size=0.25, random_state=0)
    algo_lib.logMetrics(test_acc=model.score(test_x, test_y))


if __name__ == "__main__":
    main()
