"""What a manifest says of its image. Media types: OCI image-spec, `media-types.md`; Docker's of distribution."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sagemaker_local.errors import ServiceError

MAX_BYTES = 4 << 20  # as distribution allows; ECR's quota is not told (assumed)
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
IMAGE_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True)
class Manifest:
    """`size`: bytes of layers and configuration; `children`: digests of the images that an index names."""

    media_type: str
    size: int
    children: tuple[str, ...]


def read_manifest(raw: bytes, told_type: str | None) -> Manifest:
    """Of an image or an index. Raises ServiceError InvalidParameterException for anything else, as schema 1."""
    try:
        value: Any = json.loads(raw)
    except ValueError as error:
        raise _invalid("Invalid JSON syntax") from error
    if not isinstance(value, dict):
        raise _invalid("Invalid JSON syntax")
    media_type = told_type or value.get("mediaType")
    if media_type in INDEX_TYPES:
        return Manifest(media_type, 0, tuple(str(each["digest"]) for each in _described(value.get("manifests"))))
    if media_type in IMAGE_TYPES:
        parts = _described([value.get("config"), *_listed(value.get("layers"))])
        return Manifest(media_type, sum(each["size"] for each in parts), ())
    raise _invalid(f"Unsupported manifest media type {media_type!r}")


def _described(value: object) -> list[dict[str, Any]]:
    """Content descriptors, each with a digest and a size."""
    found = [each for each in _listed(value) if isinstance(each, dict)]
    if len(found) != len(_listed(value)) or not all(
        isinstance(each.get("digest"), str) and isinstance(each.get("size"), int) for each in found
    ):
        raise _invalid("a descriptor has no digest or size")
    return found


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise _invalid("a list is missing")
    return value


def _invalid(why: str) -> ServiceError:
    text = f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{why}'"
    return ServiceError("InvalidParameterException", text)
