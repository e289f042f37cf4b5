"""`/v2/NAME/manifests/…`, `tags/list` and `referrers/…` (OCI distribution-spec, "Endpoints").

All raise ServiceError.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from sagemaker_local.ecr.digests import parse_digest
from sagemaker_local.ecr.images import Images, NoImage, StoredImage
from sagemaker_local.ecr.manifests import INDEX_TYPES, MAX_BYTES
from sagemaker_local.ecr.registry_request import RegistryRequest
from sagemaker_local.ecr.request_body import whole
from sagemaker_local.protocol.errors import ServiceError

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class ManifestRequests:
    """Answers them. Safe for many threads."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def get(self, request: RegistryRequest) -> Response:
        """A manifest by tag or digest."""
        tag, digest = _parted(request.reference)
        try:
            image = self._images.find(request.repository, tag, digest)
        except NoImage as error:
            raise _not_found(error) from error
        headers = {"Docker-Content-Digest": image.image_digest, "ETag": f'"{image.image_digest}"'}
        return Response(image.raw, headers=headers, content_type=image.manifest.media_type)

    def put(self, request: RegistryRequest) -> Response:
        """Store a manifest, and have tags mean it: the one in the path, or those in the query."""
        tag, digest = _parted(request.reference)
        tags = [tag] if tag else request.query("tag")
        for each in tags:
            _check_tag(each)
        if digest:
            parse_digest(digest)
        raw = whole(request.environ, MAX_BYTES)
        image = self._images.put(request.repository, raw, request.environ.get("CONTENT_TYPE"), tags, digest)
        headers = {
            "Location": request.place("manifests", image.image_digest),
            "Docker-Content-Digest": image.image_digest,
        }
        if image.manifest.subject:
            headers["OCI-Subject"] = image.manifest.subject
        if digest and tags:
            headers["OCI-Tag"] = ", ".join(tags)
        return Response(b"", HTTPStatus.CREATED, headers)

    def delete(self, request: RegistryRequest) -> Response:
        """Take a tag off its image, which stays; or an image away, with its tags."""
        tag, digest = _parted(request.reference)
        try:
            if tag:
                self._images.untag(request.repository, tag)
            else:
                self._images.remove(request.repository, None, digest)
        except NoImage as error:
            raise _not_found(error) from error
        return Response(b"", HTTPStatus.ACCEPTED)

    def tags(self, request: RegistryRequest) -> Response:
        """Tags in alphabetical order, `n` of them where the query has it, those after `last`."""
        tags = sorted({tag for image in self._images.all(request.repository) for tag in image.image_tags}, key=_order)
        for last in request.query("last")[:1]:
            tags = [tag for tag in tags if _order(tag) > _order(last)]
        headers = {}
        for count in request.query("n")[:1]:
            if not (count.isascii() and count.isdecimal()):
                text = f'"{count}" is not a valid number of tags: "n" must be a whole number.'
                raise ServiceError("PAGINATION_NUMBER_INVALID", text)
            wanted = tags[: int(count)]
            if wanted and len(wanted) < len(tags):
                further = urlencode({"n": count, "last": wanted[-1]})
                headers["Link"] = f'<{request.place("tags", "list")}?{further}>; rel="next"'
            tags = wanted
        body = json.dumps({"name": request.repository.name, "tags": tags})
        return Response(body, headers=headers, content_type="application/json")

    def referrers(self, request: RegistryRequest) -> Response:
        """An index of the images whose subject is an image, of one `artifactType` where the query has it."""
        found = self._images.referrers(request.repository, parse_digest(request.reference))
        wanted = request.query("artifactType")[:1]
        listed = [_descriptor(each) for each in found if not wanted or each.manifest.artifact_type == wanted[0]]
        index = {"schemaVersion": 2, "mediaType": INDEX_TYPES[0], "manifests": listed}
        headers = {"OCI-Filters-Applied": "artifactType"} if wanted else {}
        return Response(json.dumps(index), headers=headers, content_type=INDEX_TYPES[0])


def _descriptor(image: StoredImage) -> dict[str, object]:
    manifest = image.manifest
    return {
        "mediaType": manifest.media_type,
        "digest": image.image_digest,
        "size": len(image.raw),
        **({"artifactType": manifest.artifact_type} if manifest.artifact_type else {}),
        **({"annotations": manifest.annotations} if manifest.annotations else {}),
    }


def _parted(reference: str) -> tuple[str | None, str | None]:
    """(tag, None) or (None, digest)."""
    return (None, reference) if ":" in reference else (reference, None)


def _check_tag(tag: str) -> None:
    if not _TAG.fullmatch(tag):
        rule = 'use at most 128 of letters, digits, "_", "." and "-", and neither "." nor "-" at the beginning'
        text = f'"{tag}" is not a valid tag: {rule}.'
        raise ServiceError("TAG_INVALID", text)


def _order(tag: str) -> tuple[str, str]:
    """Of a list of tags: "lexical (i.e. case-insensitive alphanumeric)" (OCI distribution-spec, "Listing Tags")."""
    return tag.lower(), tag


def _not_found(error: NoImage) -> ServiceError:
    if error.code == "ImageReferencedByManifestList":
        return ServiceError("DENIED", f"{error}.", HTTPStatus.FORBIDDEN)
    return ServiceError("ImageNotFoundException", str(error))
