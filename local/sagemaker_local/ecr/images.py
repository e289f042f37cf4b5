"""The images of ECR's repositories: which digests a repository has, and which tags mean them.

They are kept in moto's tables, so a repository's end is theirs, and moto's further operations find them. The registry
has their bytes, by digest; a tag is nothing that it knows.
"""

from __future__ import annotations

import hashlib
import threading
from http import HTTPStatus

from moto.ecr.models import Image, Repository

from sagemaker_local.ecr.manifests import Manifest, read_manifest
from sagemaker_local.ecr.registry import Registry
from sagemaker_local.ecr.repositories import is_immutable
from sagemaker_local.errors import ServiceError

_REASONS = {  # (moto, which took them from AWS)
    "ImageNotFound": "Requested image not found",
    "MissingDigestAndTag": "Invalid request parameters: both tag and digest cannot be null",
    "ImageTagDoesNotMatchDigest": "The given tag does not mean the image with the given digest",  # (assumed)
    "ImageReferencedByManifestList": "Requested image referenced by manifest list",  # (assumed)
}


class StoredImage(Image):
    """moto's, with what the registry was given."""

    def __init__(self, repository: Repository, raw: bytes, manifest: Manifest, size: int) -> None:
        digest = digest_of(raw)
        super().__init__(repository.account_id, "", raw.decode(), repository.name, manifest.media_type, digest)
        self.image_tags: list[str] = []
        self.children = manifest.children
        self._size = size

    def get_image_size_in_bytes(self) -> int:
        """Layers and configuration; of an index that of its largest image (API reference, ImageDetail)."""
        return self._size


class NoImage(Exception):  # noqa: N818 - told as a failure within an answer, or as an error of its own
    """An ImageFailureCode of the API, and its reason."""

    def __init__(self, code: str) -> None:
        super().__init__(_REASONS[code])
        self.code = code


class Images:
    """Of all repositories. Safe for many threads."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._lock = threading.RLock()

    def all(self, repository: Repository) -> list[StoredImage]:
        """In the order of their pushes."""
        with self._lock:
            return [each for each in repository.images if isinstance(each, StoredImage)]

    def find(self, repository: Repository, tag: str | None, digest: str | None) -> StoredImage:
        """By tag, digest or both. Raises NoImage."""
        if not (tag or digest):
            raise NoImage("MissingDigestAndTag")
        images = self.all(repository)
        if digest and not any(each.image_digest == digest for each in images):
            raise NoImage("ImageNotFound")
        for each in images:
            if (not digest or each.image_digest == digest) and (not tag or tag in each.image_tags):
                return each
        raise NoImage("ImageTagDoesNotMatchDigest" if digest else "ImageNotFound")

    def put(
        self, repository: Repository, raw: bytes, media_type: str | None, tag: str | None, told_digest: str | None
    ) -> StoredImage:
        """Store a manifest, whose layers the registry has, and have the tag mean it.

        Raises ServiceError InvalidParameterException, ImageDigestDoesNotMatchException, LayersNotFoundException,
        ImageTagAlreadyExistsException.
        """
        manifest = read_manifest(raw, media_type)
        digest = digest_of(raw)
        if told_digest not in (None, digest):
            text = f"The digest {told_digest} is not that of the manifest, {digest}."  # (assumed)
            raise ServiceError("ImageDigestDoesNotMatchException", text)
        with self._lock:
            before = next((each for each in self.all(repository) if tag in each.image_tags), None) if tag else None
            if before and tag and before.image_digest != digest and is_immutable(repository, tag):
                raise _tag_taken(repository, tag)
            image = next((each for each in self.all(repository) if each.image_digest == digest), None)
            if image is None:
                self._send(repository, raw, manifest.media_type, digest)
                image = StoredImage(repository, raw, manifest, self._size(repository, manifest))
                repository.images.append(image)
            if tag and before and before is not image:
                before.remove_tag(tag)
            if tag:
                image.update_tag(tag)
            return image

    def remove(self, repository: Repository, tag: str | None, digest: str | None) -> tuple[str, list[str]]:
        """Take a tag off its image, or an image away; its digest, and the tags that went. Raises NoImage.

        An image goes with its last tag (API reference, BatchDeleteImage), but for one that an index names.
        """
        with self._lock:
            image = self.find(repository, tag, digest)
            named = any(image.image_digest in each.children for each in self.all(repository))
            if named and not tag:
                raise NoImage("ImageReferencedByManifestList")
            gone = [tag] if tag else list(image.image_tags)
            for each in gone:
                image.remove_tag(each)
            if not image.image_tags and not named:
                repository.images.remove(image)
                self.registry.send("DELETE", repository, f"manifests/{image.image_digest}")
            return image.image_digest, gone

    def _send(self, repository: Repository, raw: bytes, media_type: str, digest: str) -> None:
        status, told = self.registry.send("PUT", repository, f"manifests/{digest}", raw, media_type)
        if status != HTTPStatus.CREATED:
            raise ServiceError("LayersNotFoundException", f"The registry refuses the manifest: {told}")

    def _size(self, repository: Repository, manifest: Manifest) -> int:
        sizes = [
            each.get_image_size_in_bytes() for each in self.all(repository) if each.image_digest in manifest.children
        ]
        return max(sizes, default=manifest.size)


def digest_of(raw: bytes) -> str:
    """`sha256:…`."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _tag_taken(repository: Repository, tag: str) -> ServiceError:
    text = (
        f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
        "because the tag is immutable."
    )
    return ServiceError("ImageTagAlreadyExistsException", text)
