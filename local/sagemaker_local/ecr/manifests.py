"""What a manifest says of its image. Media types: OCI image-spec, `media-types.md`; Docker's of distribution."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sagemaker_local.ecr.digests import find_digest
from sagemaker_local.protocol.errors import ServiceError

MAX_BYTES = 4 << 20  # (OCI distribution-spec, "Pushing Manifests": the least that a registry should take)
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
IMAGE_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# Layers that a client fetches from elsewhere, so that a registry need not have them (OCI image-spec, "Non-Distributable
# Layers"; distribution, manifest version 2 schema 2).
_ELSEWHERE = (
    "application/vnd.oci.image.layer.nondistributable.",
    "application/vnd.docker.image.rootfs.foreign.",
)


@dataclass(frozen=True)
class Manifest:
    """What it consists of; digests are as it has them.

    `size`: bytes of layers and configuration; `blobs`: those of them that the registry must have; `children`: the
    images that an index names; `subject`: the digest of the image that this one says something about, `""` if it
    names none; `artifact_type`: its type in a list of referrers.
    """

    media_type: str
    size: int
    blobs: tuple[str, ...]
    children: tuple[str, ...]
    subject: str
    artifact_type: str
    annotations: dict[str, str]


def read_manifest(raw: bytes, told_type: str | None) -> Manifest:
    """Of an image or an index. Raises ServiceError InvalidParameterException for anything else, as schema 1."""
    try:
        value: Any = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise _invalid("Invalid JSON syntax") from error
    if not isinstance(value, dict):
        raise _invalid("Invalid JSON syntax")
    media_type = (told_type or "").partition(";")[0].strip() or value.get("mediaType")
    annotations = value.get("annotations") or {}
    if not isinstance(annotations, dict) or not all(isinstance(each, str) for each in annotations.values()):
        raise _invalid("annotations must be texts by name")
    artifact_type = value.get("artifactType") or ""
    if not isinstance(artifact_type, str):
        raise _invalid("artifactType must be a text")
    subject = _subject(value)
    if media_type in INDEX_TYPES:
        children = tuple(each["digest"] for each in _described(value.get("manifests")))
        return Manifest(media_type, 0, (), children, subject, artifact_type, annotations)
    if media_type in IMAGE_TYPES:
        parts = _described([value.get("config"), *_listed(value.get("layers"))])
        blobs = tuple(each["digest"] for each in parts if not str(each.get("mediaType")).startswith(_ELSEWHERE))
        size = sum(each["size"] for each in parts)
        artifact_type = artifact_type or str(parts[0].get("mediaType", ""))
        return Manifest(media_type, size, blobs, (), subject, artifact_type, annotations)
    raise _invalid(f"Unsupported manifest media type {media_type!r}")


def _subject(value: dict[str, Any]) -> str:
    given = value.get("subject")
    if given is None:
        return ""
    digest = find_digest(_described([given])[0]["digest"])
    if digest is None:
        raise _invalid("the subject has no valid digest")
    return str(digest)


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
