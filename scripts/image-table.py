"""Writes src/image/catalogue.json and src/core/partitions.json: AWS's training images, by the SageMaker SDK's facts.

Usage: pip install 'sagemaker==2.257.7' && python scripts/image-table.py
Each image is what the SDK's `image_uris.retrieve` answers for an instance type of each kind of processor. The images
that run a script are taken, not the built-in algorithms nor those of SageMaker Training Compiler, which AWS has ended.
Shape of the first:

    {"registries": [{REGION: ACCOUNT}], "images": [PATTERN],
     "frameworks": {NAME: {"default": VERSION, "aliases": {SHORT: VERSION},
                           "versions": {VERSION: {"registry": INDEX, "python": {PY: {"cpu" | "gpu" | "trn": INDEX}}}}}}}

PATTERN is REPOSITORY:TAG with {v}, {p} and {py} for version, processor and Python. Of Hugging Face the version is that
of transformers and its base: 4.56.2-pytorch2.8.0. The second: [{"name", "regions": regular expression, "suffix"}].
"""

import json
import logging
import re
from pathlib import Path
from typing import Any

import botocore.loaders
from packaging.version import Version
from sagemaker import image_uris

SRC = Path(__file__).parent.parent / "src"
# What runs a script, with the version that a step without `framework-version` gets: fixed within a major version of
# the action.
FRAMEWORKS = {
    "pytorch": "2.8.0",
    "tensorflow": "2.19.0",
    "huggingface": "4.56.2-pytorch2.8.0",
    "sklearn": "1.4-2",
    "xgboost": "3.0-5",
    "autogluon": "1.3.0",
    "chainer": "5.0.0",
    "coach-mxnet": "0.11.0",
    "coach-tensorflow": "1.0.0",
    "mxnet": "1.9.0",
    "pytorch-neuron": "1.11.0",
    "pytorch-smp": "2.8.0",
    "ray-pytorch": "1.6.0",
    "ray-tensorflow": "1.6.0",
    "vw": "8.7.0",
}
# What the SDK has under another name for Trainium: by that of the facts, the one that it is asked by.
TRAINIUM = {"pytorch-neuron": "pytorch"}
INSTANCES = {"cpu": "ml.m5.large", "gpu": "ml.g5.xlarge", "trn": "ml.trn1.2xlarge"}
# The built-in algorithm of that name, which runs no script.
ALGORITHMS = {("xgboost", "1")}
# Python 2, which the launcher does not know.
OLD = {"py2", "py27"}


class Table:
    """Collects what versions have in common."""

    def __init__(self) -> None:
        self.registries: list[dict[str, str]] = []
        self.images: list[str] = []

    def index(self, of: list[Any], item: Any) -> int:
        """Where it is; put there if it is not."""
        if item not in of:
            of.append(item)
        return of.index(item)

    def versions(self, name: str, kinds: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
        """All versions of one of the SDK's frameworks, and short names of some."""
        config = image_uris.config_for_framework(name)
        config = config.get("training", config)
        common = {"processors": config["processors"]} if "processors" in config else {}
        found: dict[str, Any] = {}
        aliases: dict[str, str] = {}
        for version, facts in config["versions"].items():
            if (name, version) in ALGORITHMS:
                continue
            bases = [key for key in facts if re.match(r"(pytorch|tensorflow)\d", key)]
            # Of two versions the facts differ by Python.
            facts = {**facts["py3"], "py_versions": ["py3"]} if "py3" in facts else facts
            for base in bases or [None]:
                entry = self.entry(name, version, base, {**common, **(facts[base] if base else facts)}, kinds)
                if entry["python"]:
                    found[f"{version}-{base}" if base else version] = entry
            # The newest base, of PyTorch where there is one.
            named = [f"{version}-{base}" for base in sorted(bases, key=base_order) if f"{version}-{base}" in found]
            if named:
                aliases[version] = named[-1]
        short = {key: aliases.get(value, value) for key, value in config.get("version_aliases", {}).items()}
        return found, {**{key: value for key, value in short.items() if value in found}, **aliases}

    def entry(
        self, name: str, version: str, base: str | None, facts: dict[str, Any], kinds: tuple[str, ...]
    ) -> dict[str, Any]:
        """One version: its registry, and its images by Python and processor."""
        python = {}
        for py in facts.get("py_versions", ["py3"]):
            images = {} if py in OLD else {kind: self.image(name, version, base, py, kind) for kind in kinds}
            # The SDK names an image for all processors where there is one for CPUs alone.
            if images.get("gpu") == images.get("cpu") and "gpu" not in facts.get("processors", ["gpu"]):
                images.pop("gpu", None)
            there = {
                kind: self.index(self.images, pattern(image, f"{version}-{base}" if base else version, kind, py))
                for kind, image in images.items()
                if image is not None
            }
            if there:
                python[py] = there
        return {"registry": self.index(self.registries, facts["registries"]), "python": python}

    @staticmethod
    def image(name: str, version: str, base: str | None, py: str, kind: str) -> str | None:
        """`REPOSITORY:TAG`; None where AWS has none."""
        try:
            uri = image_uris.retrieve(
                TRAINIUM.get(name, name),
                "us-east-1",
                version=version,
                py_version=py,
                instance_type=INSTANCES[kind],
                image_scope="training",
                base_framework_version=base,
            )
        except (ValueError, KeyError):
            return None
        return str(uri.partition("/")[2])


def pattern(image: str, version: str, kind: str, py: str) -> str:
    """The image with {v}, {p} and {py} for what its tag has of them."""
    image = re.sub(rf"-{kind}(?=-|$)", "-{p}", image)
    image = re.sub(rf"-{py}(?=-|$)", "-{py}", image)
    return image.replace(version, "{v}")


def base_order(base: str) -> tuple[bool, Version]:
    """TensorFlow before PyTorch, old before new."""
    name, version = re.fullmatch(r"([a-z]+)(.*)", base).groups()  # type: ignore[union-attr]
    return name == "pytorch", Version(version)


def main() -> None:
    """Write both tables."""
    logging.disable(logging.WARNING)
    table = Table()
    frameworks = {}
    for name, default in FRAMEWORKS.items():
        versions, aliases = table.versions(name, ("trn",) if name in TRAINIUM else ("cpu", "gpu"))
        if default not in versions:
            raise SystemExit(f"{name} has no {default} any more: it has {', '.join(versions)}")
        ordered = dict(sorted(versions.items(), key=lambda item: order(item[0])))
        frameworks[name] = {"default": default, "aliases": dict(sorted(aliases.items())), "versions": ordered}
    document = {"registries": table.registries, "images": table.images, "frameworks": frameworks}
    write(SRC / "image" / "catalogue.json", document)
    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    facts = [
        {"name": each["id"], "regions": each["regionRegex"], "suffix": each["outputs"]["dnsSuffix"]}
        for each in partitions
    ]
    write(SRC / "core" / "partitions.json", facts)


def order(version: str) -> list[tuple[int, str]]:
    """Numbers by value, texts after them."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"[.-]|(?<=[a-z])(?=\d)", version)]


def write(path: Path, document: Any) -> None:
    """Each entry of the innermost level on a line of its own."""
    text = json.dumps(document, indent=1)
    path.write_text(
        re.sub(r"\{\s+([^{}[\]]*?)\s+\}", lambda match: "{" + re.sub(r"\s+", " ", match[1]) + "}", text) + "\n"
    )


if __name__ == "__main__":
    main()
