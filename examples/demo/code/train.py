"""Trains one model on several instances: each learns from its rows, each epoch they average their weights."""

import argparse
import random
from pathlib import Path

from penguins import Network, Scale, read, save
from task_toolkit import algo_lib
from together import Together


def main() -> None:
    """Train; the first instance tells loss and accuracy over all rows each epoch, and leaves the model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=6)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--features", default="bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g")
    given = parser.parse_args()
    args = algo_lib.parseArgs()

    features = given.features.split(",")
    rows = read(args.input_data, features)
    together = Together()
    print(f"{args.current_host}: {len(rows)} penguins here, {together.size} instances together", flush=True)

    scale = scale_of([measurements for measurements, _ in rows], together)
    rows = [(scale(measurements), species) for measurements, species in rows]
    network = Network.fresh(len(features), given.hidden)
    chance = random.Random(together.rank)  # noqa: S311 - no secret
    for epoch in range(1, given.epochs + 1):
        chance.shuffle(rows)
        steps = [network.learn(inputs, species, given.learning_rate) for inputs, species in rows]
        loss = sum(loss for loss, _ in steps) / len(rows)
        accuracy = sum(right for _, right in steps) / len(rows)
        loss, accuracy, *network.weights = together.average([loss, accuracy, *network.weights])
        if together.rank == 0:
            algo_lib.logMetrics(epoch=epoch, loss=round(loss, 4), accuracy=round(accuracy, 4))

    if together.rank == 0:
        save(Path(args.model_dir, "model.json"), features, scale, network)
    algo_lib.markCompleted(args)


def scale_of(measurements: list[list[float]], together: Together) -> Scale:
    """Means and standard deviations over the rows of all instances, which have equally many."""
    columns = list(zip(*measurements, strict=True))
    means = together.average([sum(column) / len(column) for column in columns])
    squares = together.average([sum(value**2 for value in column) / len(column) for column in columns])
    return Scale(means, [(square - mean**2) ** 0.5 for mean, square in zip(means, squares, strict=True)])


if __name__ == "__main__":
    main()
