"""Trains a classifier of handwritten digits (scikit-learn's own data set) and reports its accuracy."""

import argparse
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from task_toolkit import algo_lib


def main() -> None:
    """Train with the given strength of regularization; the last quarter of the data is left for the evaluation."""
    parser = argparse.ArgumentParser()
    # Hyperparameters of one letter come as short options.
    parser.add_argument("-c", type=float, required=True)
    given = parser.parse_args()
    args = algo_lib.parseArgs()

    images, digits = load_digits(return_X_y=True)
    known, _, answers, _ = train_test_split(images, digits, test_size=0.25, random_state=0)
    train_x, val_x, train_y, val_y = train_test_split(known, answers, test_size=0.25, random_state=1)
    model = SVC(C=given.c, gamma=0.001).fit(train_x, train_y)
    algo_lib.logMetrics(val_acc=model.score(val_x, val_y))
    joblib.dump(model, Path(args.model_dir, "model.joblib"))


if __name__ == "__main__":
    main()
