"""Checks a request against botocore's model of its operation, and words what is wrong as AWS does.

One sentence for each violated constraint, as in "Value '…' at 'trainingJobName' failed to satisfy constraint: Member
must have length less than or equal to 63". Raises ServiceError: SerializationException for a value of the wrong type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sagemaker_local.protocol.call import Answer, Call, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.models import Shape, service_model

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, str),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}


def checked(operations: Mapping[str, Operation], code: str = "ValidationException") -> dict[str, Operation]:
    """The operations, each of which checks its call first: `code` is that of the refusal."""

    def first_check(operation: Operation) -> Operation:
        def answer(call: Call) -> Answer:
            _check(call, code)
            return operation(call)

        return answer

    return {name: first_check(operation) for name, operation in operations.items()}


def _check(call: Call, code: str) -> None:
    """Raise a ServiceError of this code if the call breaks constraints of the model."""
    shape = service_model(call.service).operation_model(call.operation).input_shape
    found = list(_violations(shape, dict(call.parameters), "")) if shape else []
    if found:
        raise ServiceError(code, f"{counted(len(found))} detected: {'; '.join(found)}")


def counted(count: int) -> str:
    """`1 validation error`, `2 validation errors`."""
    return f"{count} validation error{'' if count == 1 else 's'}"


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    _check_type(shape, value, path)
    for constraint in _broken(shape, value):
        yield f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: {constraint}"
    if shape.type_name == "structure":
        yield from _in_structure(shape, value, path)
    elif shape.type_name == "list":
        for index, item in enumerate(value, 1):
            yield from _violations(shape.member, item, f"{path}.{index}.member")
    elif shape.type_name == "map":
        for item in value.values():
            _check_type(shape.value, item, path)
        for part, of, items in (("keys", shape.key, value.keys()), ("value", shape.value, value.values())):
            broken = dict.fromkeys(text for item in items for text in _broken(of, item))
            if broken:
                constraint = f"Map {part} must satisfy constraint: [{', '.join(broken)}]"
                yield f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: {constraint}"


def _check_type(shape: Shape, value: object, path: str) -> None:
    kinds = _PYTHON_TYPES.get(shape.type_name, (object,))
    if not isinstance(value, kinds) or (isinstance(value, bool) and shape.type_name != "boolean"):
        text = f"{type(value).__name__} at '{path}' can not be converted to {shape.type_name}"
        raise ServiceError("SerializationException", text)


def _in_structure(shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        inner = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
        if value.get(name) is not None:
            yield from _violations(member, value[name], inner)
        elif name in shape.required_members:
            yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"


def _broken(shape: Shape, value: object) -> Iterator[str]:
    limits = shape.metadata
    if shape.type_name == "blob":
        return  # its limits are of bytes, which are base64 here: the operation that takes it knows them
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    if "pattern" in limits and isinstance(value, str) and not _pattern(limits["pattern"]).fullmatch(value):
        pattern = limits["pattern"]
        yield f"Member must satisfy regular expression pattern: {'' if pattern.startswith('^') else '^'}{pattern}"
    if isinstance(value, (str, list, dict)):
        measure, noun = float(len(value)), "length"
    elif isinstance(value, (int, float)) and shape.type_name in ("integer", "long", "float", "double"):
        measure, noun = float(value), "value"
    else:
        return
    if "max" in limits and measure > limits["max"]:
        yield f"Member must have {noun} less than or equal to {limits['max']}"
    if "min" in limits and measure < limits["min"]:
        yield f"Member must have {noun} greater than or equal to {limits['min']}"


@cache
def _pattern(java: str) -> re.Pattern[str]:
    r"""A Java pattern for Python, whose `re` lacks `\p`: character categories by their nearest classes."""
    for category, python in (("L", r"\w"), ("N", r"\d"), ("Z", r"\s"), ("M", r"\w"), ("S", r"\W"), ("P", r"\W")):
        java = java.replace(rf"\p{{{category}}}", python)
    return re.compile(java)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return str(value)


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
