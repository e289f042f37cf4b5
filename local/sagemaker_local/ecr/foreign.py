"""Images of other accounts, which are known by name: AWS's pre-built training images, and those that `--images` names.

There is nothing of theirs to pull; a client only learns the digest. Where a local image stands for one, it
is that image's; else a digest of the name, the same on every machine and for ever. AWS's accounts and repositories
are in aws_images.json, which scripts/tables.mjs makes from the action's own table of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.ecr.digests import digest_of
from sagemaker_local.ecr.images import NoImage

_TABLE = Path(__file__).with_name("aws_images.json")
LocalImage = Callable[[str], "str | None"]


@dataclass(frozen=True)
class ForeignRepository:
    """`uri`: `HOST/NAME`; `named`: URIs of its images that `--images` names; `is_aws`: whether any tag is there."""

    region: str
    uri: str
    named: frozenset[str]
    is_aws: bool
    local_image: LocalImage

    def digest(self, tag: str | None, digest: str | None) -> str:
        """Of the image with a tag, which must be `digest` where that is given too. Raises NoImage."""
        if not (tag or digest):
            raise NoImage("MissingDigestAndTag")
        uri = f"{self.uri}:{tag}"
        if not tag or not (self.is_aws or uri in self.named):
            raise NoImage("ImageNotFound")
        local = self.local_image(uri) if uri in self.named else None
        found = local or str(digest_of(f"{self.region}/{uri.partition('/')[2]}".encode()))
        if digest not in (None, found):
            raise NoImage("ImageTagDoesNotMatchDigest")
        return found


class ForeignImages:
    """`named`: URIs of images that a local one stands for.

    `local_image`: the identity of the image that the engine has by a name, None where it has none.
    """

    def __init__(self, named: Iterable[str], local_image: LocalImage) -> None:
        self._named = frozenset(_tagged(each) for each in named)
        self._local_image = local_image
        self._table: list[dict[str, Any]] = json.loads(_TABLE.read_text())

    def find(self, account: str, region: str, name: str) -> ForeignRepository | None:
        """A repository of another account; None where nothing is known of it."""
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        uri = f"{account}.dkr.ecr.{region}.{suffix}/{name}"
        named = frozenset(each for each in self._named if each.rpartition(":")[0] == uri)
        is_aws = any(name in each["repositories"] and each["accounts"].get(region) == account for each in self._table)
        return ForeignRepository(region, uri, named, is_aws, self._local_image) if named or is_aws else None


def _tagged(uri: str) -> str:
    """A URI with the tag that docker takes by default."""
    return uri if ":" in uri.rpartition("/")[2] else f"{uri}:latest"
