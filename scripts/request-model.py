"""Writes src/job/request-model.json: what CreateTrainingJob takes, by AWS's own service model.

Usage: pip install 'botocore==1.44.5' && python scripts/request-model.py
Shape of the file, with members left out that a shape has not:

    {"root": SHAPE, "shapes": {SHAPE: {"type": "structure", "members": {NAME: SHAPE}, "required": [NAME]}
                                    | {"type": "list", "of": SHAPE, "min", "max"}
                                    | {"type": "map", "key": SHAPE, "value": SHAPE, "max"}
                                    | {"type": "string", "enum": [TEXT], "pattern": EXPRESSION, "min", "max"}
                                    | {"type": "integer" | "number" | "boolean", "min", "max"}}}
"""

import json
from pathlib import Path
from typing import Any

import botocore.loaders
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

FILE = Path(__file__).parent.parent / "src" / "job" / "request-model.json"
TYPES = {"integer": "integer", "long": "integer", "float": "number", "double": "number", "boolean": "boolean"}


def described(shape: Shape) -> dict[str, Any]:
    """A shape in the file's form; KeyError for a type that the file has no form for."""
    limits = {key: shape.metadata[key] for key in ("min", "max") if key in shape.metadata}
    if isinstance(shape, StructureShape):
        members = {name: member.name for name, member in shape.members.items()}
        required = {"required": shape.required_members} if shape.required_members else {}
        return {"type": "structure", "members": members, **required}
    if isinstance(shape, ListShape):
        return {"type": "list", "of": shape.member.name, **limits}
    if isinstance(shape, MapShape):
        return {"type": "map", "key": shape.key.name, "value": shape.value.name, **limits}
    if isinstance(shape, StringShape):
        pattern = {"pattern": shape.metadata["pattern"]} if "pattern" in shape.metadata else {}
        return {"type": "string", **({"enum": shape.enum} if shape.enum else {}), **pattern, **limits}
    return {"type": TYPES[shape.type_name], **limits}


def parts(shape: Shape) -> list[Shape]:
    """The shapes that a shape is made of."""
    if isinstance(shape, StructureShape):
        return list(shape.members.values())
    if isinstance(shape, ListShape):
        return [shape.member]
    return [shape.key, shape.value] if isinstance(shape, MapShape) else []


def main() -> None:
    """Writes the file."""
    service = ServiceModel(botocore.loaders.Loader().load_service_model("sagemaker", "service-2"))
    root = service.operation_model("CreateTrainingJob").input_shape
    shapes: dict[str, Any] = {}
    waiting: list[Shape] = [root] if root is not None else []
    while waiting:
        shape = waiting.pop()
        if shape.name not in shapes:
            shapes[shape.name] = described(shape)
            waiting += parts(shape)
    model = {"root": "CreateTrainingJobRequest", "shapes": dict(sorted(shapes.items()))}
    FILE.write_text(json.dumps(model, indent=1) + "\n")


if __name__ == "__main__":
    main()
