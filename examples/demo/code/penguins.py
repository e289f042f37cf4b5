"""A small neural network that tells a penguin's species from its measurements: standard library only."""

from __future__ import annotations

import csv
import json
import math
import random
from operator import mul
from pathlib import Path

SPECIES = ["Adelie", "Chinstrap", "Gentoo"]

Row = tuple[list[float], int]


def read(folder: str, features: list[str]) -> list[Row]:
    """Measurements and species (as a number) of every row of the CSV files in the folder."""
    rows: list[Row] = []
    for path in sorted(Path(folder).glob("*.csv")):
        with path.open() as file:
            for row in csv.DictReader(file):
                measurements = list(map(float, map(row.__getitem__, features)))
                rows.append((measurements, SPECIES.index(row["species"])))
    return rows


class Network:
    """One hidden layer of tanh, then softmax. A layer is a list of neurons; a neuron's last weight is its offset."""

    def __init__(self, layers: list[list[list[float]]]) -> None:
        self.layers = layers

    @classmethod
    def fresh(cls, inputs: int, hidden: int) -> Network:
        """The same small weights on every instance."""
        chance = random.Random(1)  # noqa: S311 - no secret
        sizes = [(hidden, inputs), (len(SPECIES), hidden)]
        return cls([[[chance.gauss(0, 0.3) for _ in range(n + 1)] for _ in range(m)] for m, n in sizes])

    def answer(self, inputs: list[float]) -> tuple[list[float], list[float]]:
        """The hidden values, and the probability of each species."""
        hidden = [math.tanh(_sum(neuron, inputs)) for neuron in self.layers[0]]
        powers = [math.exp(_sum(neuron, hidden)) for neuron in self.layers[1]]
        return hidden, [power / sum(powers) for power in powers]

    def learn(self, inputs: list[float], species: int, rate: float) -> tuple[float, bool]:
        """A step of gradient descent. Answers the loss before it, and whether the answer was right."""
        hidden, chances = self.answer(inputs)
        errors = [chance - (number == species) for number, chance in enumerate(chances)]
        backward = [
            (1 - value**2) * sum(map(mul, errors, weights))
            for value, weights in zip(hidden, zip(*self.layers[1], strict=True), strict=False)
        ]
        for layer, slopes, values in ((self.layers[1], errors, hidden), (self.layers[0], backward, inputs)):
            for neuron, slope in zip(layer, slopes, strict=True):
                for j, value in enumerate([*values, 1.0]):
                    neuron[j] -= rate * slope * value
        return -math.log(max(chances[species], 1e-12)), chances.index(max(chances)) == species

    @property
    def weights(self) -> list[float]:
        """All of them in one list, to be averaged with another instance's."""
        return [weight for layer in self.layers for neuron in layer for weight in neuron]

    @weights.setter
    def weights(self, weights: list[float]) -> None:
        given = iter(weights)
        self.layers = [[[next(given) for _ in neuron] for neuron in layer] for layer in self.layers]


class Scale:
    """Takes measurements as distances from their mean, in standard deviations: grams and millimetres alike."""

    def __init__(self, means: list[float], spreads: list[float]) -> None:
        self.means, self.spreads = means, spreads

    def __call__(self, measurements: list[float]) -> list[float]:
        """The network's inputs."""
        triples = zip(measurements, self.means, self.spreads, strict=True)
        return [(value - mean) / spread for value, mean, spread in triples]


def save(path: Path, features: list[str], scale: Scale, network: Network) -> None:
    """The model as JSON, with the names of the columns that it reads."""
    content = {"features": features, "means": scale.means, "spreads": scale.spreads, "layers": network.layers}
    path.write_text(json.dumps(content))


def load(text: str) -> tuple[list[str], Scale, Network]:
    """What `save` wrote."""
    content = json.loads(text)
    return content["features"], Scale(content["means"], content["spreads"]), Network(content["layers"])


def _sum(neuron: list[float], values: list[float]) -> float:
    return sum(map(mul, neuron, values)) + neuron[-1]
