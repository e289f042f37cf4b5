"""Trains a small neural network on penguins: the script of the pictures in docs/seen.md. Standard library only."""

import argparse
import json
import os
import random
import time
from pathlib import Path

from penguins import Network, Scale, read, save

# The least that an epoch takes, so that a picture shows a training and not a blink.
EPOCH_SECONDS = float(os.environ.get("EPOCH_SECONDS", "0"))


def main() -> None:
    """Train; print a line of numbers each epoch, and leave the model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--features", default="bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g")
    given = parser.parse_args()

    features = given.features.split(",")
    rows = read(os.environ["SM_CHANNEL_DATA"], features)
    for percent in range(0, 101, 20):
        print(f"\rpreparing {len(rows)} penguins: {percent:3d}% |{'█' * (percent // 10):<10}|", end="", flush=True)
    print(flush=True)
    columns = list(zip(*(measurements for measurements, _ in rows), strict=True))
    means = [sum(column) / len(column) for column in columns]
    squares = [sum(value**2 for value in column) / len(column) for column in columns]
    spreads = [(square - mean**2) ** 0.5 for mean, square in zip(means, squares, strict=True)]
    scale = Scale(means, spreads)
    scaled = [(scale(measurements), species) for measurements, species in rows]

    network = Network.fresh(len(features), 6)
    chance = random.Random(1)  # noqa: S311 - no secret
    for epoch in range(1, given.epochs + 1):
        time.sleep(EPOCH_SECONDS)
        chance.shuffle(scaled)
        steps = [network.learn(inputs, species, given.learning_rate) for inputs, species in scaled]
        loss = sum(loss for loss, _ in steps) / len(steps)
        accuracy = sum(right for _, right in steps) / len(steps)
        print(json.dumps({"epoch": epoch, "loss": round(loss, 4), "accuracy": round(accuracy, 4)}), flush=True)

    save(Path(os.environ["SM_MODEL_DIR"], "model.json"), features, scale, network)


if __name__ == "__main__":
    main()
