"""Writes src/task/image-table.json: AWS's pre-built training images, from the SageMaker Python SDK's own facts.

Usage: pip install 'sagemaker==2.257.7' && python scripts/image-table.py
The tags come from the SDK's `image_uris.retrieve`, asked once for a CPU and once for a GPU instance type.
Shape: {"registries": [{REGION: ACCOUNT}], "frameworks": {NAME: {"default": VERSION, "aliases": {SHORT: VERSION},
"versions": {VERSION: {"registry": INDEX, "python": {PY: {"cpu"?: REPOSITORY:TAG, "gpu"?: REPOSITORY:TAG}}}}}}}
"""

import json
from pathlib import Path

from packaging.version import Version
from sagemaker import image_uris

TABLE = Path(__file__).parent.parent / "src" / "task" / "image-table.json"
# Each framework with the oldest version of interest.
FRAMEWORKS = {"pytorch": "1.8", "tensorflow": "2.4", "sklearn": "0.23", "xgboost": "1.2"}
INSTANCES = {"cpu": "ml.m5.large", "gpu": "ml.g5.xlarge"}


def image(framework: str, version: str, python: str, instance: str) -> str | None:
    """`REPOSITORY:TAG`, or None where AWS has no such image."""
    try:
        uri = image_uris.retrieve(
            framework, "us-east-1", version=version, py_version=python, instance_type=instance, image_scope="training"
        )
    except ValueError:
        return None
    return uri.partition("/")[2]


def main() -> None:
    """Write the table."""
    registries: list[dict[str, str]] = []
    frameworks = {}
    for framework, oldest in FRAMEWORKS.items():
        config = image_uris.config_for_framework(framework)["training"]
        versions = {}
        for version, facts in config["versions"].items():
            if Version(version.replace("-", ".post")) < Version(oldest):
                continue
            if facts["registries"] not in registries:
                registries.append(facts["registries"])
            python = {}
            for py in facts.get("py_versions", ["py3"]):
                found = {kind: image(framework, version, py, instance) for kind, instance in INSTANCES.items()}
                python[py] = {kind: name for kind, name in found.items() if name}
                if python[py].get("cpu") == python[py].get("gpu") and "gpu" not in facts.get("processors", ["gpu"]):
                    del python[py]["gpu"]
            versions[version] = {"registry": registries.index(facts["registries"]), "python": python}
        aliases = {k: v for k, v in config.get("version_aliases", {}).items() if v in versions}
        frameworks[framework] = {"default": list(versions)[-1], "aliases": aliases, "versions": versions}
    table = {"registries": registries, "frameworks": frameworks}
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
