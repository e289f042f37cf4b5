"""The values of secrets, which nothing that this instance prints or reports may show: `***` takes their place."""

import json
from typing import Any, Iterator, List

HIDDEN = "***"
# Characters. Whatever is shorter stands in too many other words.
SHORTEST = 4
# A part of a secret that is JSON may be no secret itself, as `"engine": "postgres"`.
SHORTEST_PART = 8


class Hidden:
    """Finds values in bytes of whole lines: as they are, and escaped for JSON, for Python or for a URL."""

    def __init__(self) -> None:
        self._values: List[bytes] = []

    @property
    def longest(self) -> int:
        """Bytes of the longest value."""
        return max(map(len, self._values), default=0)

    def add(self, value: str) -> None:
        """From now on it is hidden: each of its lines, and each text in it where it is JSON."""
        lines = [line for line in _lines(value) if len(line) >= SHORTEST]
        lines += [line for part in _parts(value) for line in _lines(part) if len(line) >= SHORTEST_PART]
        forms = {form.encode("utf-8", "replace") for line in lines for form in _forms(line)}
        # One may be a part of another.
        self._values = sorted(forms.union(self._values), key=lambda form: (-len(form), form))

    def of(self, data: bytes) -> bytes:
        """The bytes without the values."""
        for value in self._values:
            data = data.replace(value, HIDDEN.encode("ascii"))
        return data

    def of_text(self, text: str) -> str:
        """The text without the values."""
        return self.of(text.encode("utf-8", "backslashreplace")).decode("utf-8") if self._values else text


def _lines(text: str) -> List[str]:
    return [line.strip() for line in text.splitlines()]


def _forms(line: str) -> Iterator[str]:
    # Not for jobs without secrets, see launcher.py.
    from urllib.parse import quote, quote_plus

    yield line
    yield json.dumps(line)[1:-1]
    yield json.dumps(line, ensure_ascii=False)[1:-1]
    yield repr(line)[1:-1]
    yield quote(line, safe="")
    yield quote(line)
    yield quote_plus(line)


def _parts(value: str) -> Iterator[str]:
    """The texts in a JSON object or list."""
    if not value.lstrip().startswith(("{", "[")):
        return
    try:
        waiting: List[Any] = [json.loads(value)]
    except ValueError:
        return
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str):
            yield part
