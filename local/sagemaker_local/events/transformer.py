"""A target's InputTransformer: the event's values in a template.

Source: EventBridge user guide, "Amazon EventBridge input transformation": a text is quoted unless the template quotes
it, and a path that the event lacks gives nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r'("?)<([A-Za-z0-9_-]+)>("?)')


def transformed(event: Mapping[str, Any], transformer: Mapping[str, Any]) -> str:
    """The body that the target gets; the event itself without a template."""
    template = transformer.get("InputTemplate")
    if not template:
        return json.dumps(event)
    paths = transformer.get("InputPathsMap", {})

    def value(match: re.Match[str]) -> str:
        before, name, after = match.groups()
        found = _at(event, paths[name]) if name in paths else ""
        if before and after:
            return json.dumps(found if isinstance(found, str) else json.dumps(found))
        return f"{before}{json.dumps(found)}{after}"

    return _VARIABLE.sub(value, template)


def _at(event: Mapping[str, Any], path: str) -> Any:
    """What a path such as `$.detail.Tags.Name` leads to; an empty text for nothing."""
    found: Any = event
    for name in path.removeprefix("$").split(".")[1:]:
        if not isinstance(found, Mapping) or name not in found:
            return ""
        found = found[name]
    return found
