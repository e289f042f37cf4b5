"""A request of the registry's protocol, read: what it is about, by whom, and its query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.ecr.models import Repository

from sagemaker_local.protocol.call import Call


@dataclass(frozen=True)
class RegistryRequest:
    """`reference`: the tag, digest or id at the end of its path, unchecked; `""` if the path has none."""

    repository: Repository
    reference: str
    call: Call
    environ: dict[str, Any]

    def query(self, name: str) -> list[str]:
        """All values of a name in the query."""
        return parse_qs(self.environ.get("QUERY_STRING", ""), keep_blank_values=True).get(name, [])

    def place(self, kind: str, reference: object) -> str:
        """The path of something else of the repository, as `blobs`."""
        return f"/v2/{self.repository.name}/{kind}/{reference}"
