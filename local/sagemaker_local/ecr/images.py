"""The images of ECR's repositories: which digests a repository has, and which tags mean them.

They are kept in moto's tables, so a repository's end is theirs, and moto's further operations find them. What they
consist of is in Blobs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from moto.ecr.models import Image, Repository

from sagemaker_local.ecr.blobs import Blobs
from sagemaker_local.ecr.digests import Digest, digest_of, find_digest
from sagemaker_local.ecr.manifests import Manifest, read_manifest
from sagemaker_local.ecr.repositories import is_immutable
from sagemaker_local.protocol.errors import ServiceError

_REASONS = {  # (moto, which took them from AWS)
    "ImageNotFound": "Requested image not found",
    "MissingDigestAndTag": "Invalid request parameters: both tag and digest cannot be null",
    "ImageTagDoesNotMatchDigest": "The given tag does not mean the image with the given digest",  # (assumed)
    "ImageReferencedByManifestList": "Requested image referenced by manifest list",  # (assumed)
}


class StoredImage(Image):
    """moto's, with what its manifest says."""

    def __init__(self, repository: Repository, raw: bytes, manifest: Manifest, digest: Digest, size: int) -> None:
        super().__init__(repository.account_id, "", raw.decode(), repository.name, manifest.media_type, str(digest))
        self.image_tags: list[str] = []
        self.raw = raw
        self.manifest = manifest
        self._size = size

    def get_image_size_in_bytes(self) -> int:
        """Layers and configuration; of an index that of its largest image (API reference, ImageDetail)."""
        return self._size


class NoImage(Exception):  # noqa: N818 - a failure within an answer, or an error of its own
    """An ImageFailureCode of the API, and its reason."""

    def __init__(self, code: str) -> None:
        super().__init__(_REASONS[code])
        self.code = code


class Images:
    """Of all repositories. Safe for many threads."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._lock = threading.RLock()

    def all(self, repository: Repository) -> list[StoredImage]:
        """In the order of their pushes."""
        with self._lock:
            return [each for each in repository.images if isinstance(each, StoredImage)]

    def find(self, repository: Repository, tag: str | None, digest: str | None) -> StoredImage:
        """By tag, digest or both. Raises NoImage."""
        if not (tag or digest):
            raise NoImage("MissingDigestAndTag")
        with self._lock:
            images = self.all(repository)
            if digest and not any(each.image_digest == digest for each in images):
                raise NoImage("ImageNotFound")
            for each in images:
                if (not digest or each.image_digest == digest) and (not tag or tag in each.image_tags):
                    return each
        raise NoImage("ImageTagDoesNotMatchDigest" if digest else "ImageNotFound")

    def put(
        self,
        repository: Repository,
        raw: bytes,
        media_type: str | None,
        tags: Sequence[str],
        claimed_digest: str | None,
    ) -> StoredImage:
        """Store a manifest, whose layers or images the repository has, and have the tags mean it.

        Raises ServiceError InvalidParameterException, ImageDigestDoesNotMatchException, LayersNotFoundException,
        ReferencedImagesNotFoundException, ImageTagAlreadyExistsException.
        """
        manifest = read_manifest(raw, media_type)
        claimed = find_digest(claimed_digest) if claimed_digest else None
        digest = digest_of(raw, claimed.algorithm if claimed else "sha256")
        if claimed_digest and claimed != digest:
            text = f"The digest {claimed_digest} is not that of the manifest, {digest}."  # (assumed)
            raise ServiceError("ImageDigestDoesNotMatchException", text)
        with self._lock:
            before = {tag: each for each in self.all(repository) for tag in tags if tag in each.image_tags}
            for tag, other in before.items():
                if other.image_digest != str(digest) and is_immutable(repository, tag):
                    raise _tag_taken(repository, tag)
            image = next((each for each in self.all(repository) if each.image_digest == str(digest)), None)
            if image is None:
                self._check_parts(repository, manifest)
                image = StoredImage(repository, raw, manifest, digest, self._size(repository, manifest))
                repository.images.append(image)
            for tag in tags:
                if tag in before and before[tag] is not image:
                    before[tag].remove_tag(tag)
                image.update_tag(tag)
            return image

    def remove(self, repository: Repository, tag: str | None, digest: str | None) -> tuple[str, list[str]]:
        """Take a tag off its image, or an image away; its digest, and the tags that went. Raises NoImage.

        An image goes with its last tag (API reference, BatchDeleteImage), but for one that an index names.
        """
        with self._lock:
            image = self.find(repository, tag, digest)
            named = any(image.image_digest in each.manifest.children for each in self.all(repository))
            if named and not tag:
                raise NoImage("ImageReferencedByManifestList")
            gone = [tag] if tag else list(image.image_tags)
            for each in gone:
                image.remove_tag(each)
            if not image.image_tags and not named:
                repository.images.remove(image)
            return image.image_digest, gone

    def untag(self, repository: Repository, tag: str) -> None:
        """Take a tag off its image, which stays (OCI distribution-spec, "Deleting tags"). Raises NoImage."""
        with self._lock:
            self.find(repository, tag, None).remove_tag(tag)

    def referrers(self, repository: Repository, digest: Digest) -> list[StoredImage]:
        """The images whose subject an image is, which need not be there itself."""
        return [each for each in self.all(repository) if each.manifest.subject == str(digest)]

    def _check_parts(self, repository: Repository, manifest: Manifest) -> None:
        missing = [each for each in manifest.blobs if not self._has_blob(repository, each)]
        if missing:
            raise ServiceError("LayersNotFoundException", _absent("Layers", missing, repository))
        images = {each.image_digest for each in self.all(repository)}
        # BuildKit's cache is an index whose entries are layers.
        absent = [each for each in manifest.children if each not in images and not self._has_blob(repository, each)]
        if absent:
            raise ServiceError("ReferencedImagesNotFoundException", _absent("Images", absent, repository))

    def _has_blob(self, repository: Repository, text: str) -> bool:
        digest = find_digest(text)
        return digest is not None and self._blobs.size(repository, digest) is not None

    def _size(self, repository: Repository, manifest: Manifest) -> int:
        children = [each for each in self.all(repository) if each.image_digest in manifest.children]
        return max((each.get_image_size_in_bytes() for each in children), default=manifest.size)


def _absent(what: str, digests: Iterable[str], repository: Repository) -> str:
    """What is said of parts that are not there (the text for layers: assumed)."""
    named = ", ".join(digests)
    return (
        f"{what} with digests '{named}' required for pushing the image into the repository with name "
        f"'{repository.name}' in the registry with id '{repository.registry_id}' do not exist"
    )


def _tag_taken(repository: Repository, tag: str) -> ServiceError:
    text = (
        f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
        "because the tag is immutable."
    )
    return ServiceError("ImageTagAlreadyExistsException", text)
