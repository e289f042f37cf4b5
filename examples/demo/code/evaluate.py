"""Evaluates the model of another task on rows that no training has seen."""

import tarfile
from pathlib import Path

from penguins import SPECIES, load, read
from task_toolkit import algo_lib


def main() -> None:
    """Print how often each species is told right, and report the accuracy."""
    args = algo_lib.parseArgs()
    with tarfile.open(Path(args.input_trained, "model.tar.gz")) as archive:
        features, scale, network = load(archive.extractfile("model.json").read().decode())

    rows = read(args.input_test, features)
    counts = [[0] * len(SPECIES) for _ in SPECIES]
    for measurements, species in rows:
        _, chances = network.answer(scale(measurements))
        counts[species][chances.index(max(chances))] += 1

    for number, name in enumerate(SPECIES):
        print(f"{name}: {counts[number][number]} of {sum(counts[number])} told right")
    right = sum(counts[number][number] for number in range(len(SPECIES)))
    algo_lib.logMetrics(test_accuracy=round(right / len(rows), 4), test_rows=len(rows))


if __name__ == "__main__":
    main()
