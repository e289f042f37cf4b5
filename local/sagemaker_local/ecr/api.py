"""ECR's operations on images and tokens; those on repositories are moto's. All raise ServiceError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.ecr.models import Repository

from sagemaker_local.ecr.foreign import ForeignImages
from sagemaker_local.ecr.images import Images, NoImage, StoredImage
from sagemaker_local.ecr.operations import account_of_caller, repository_of
from sagemaker_local.ecr.paging import page
from sagemaker_local.ecr.repositories import repository_not_found
from sagemaker_local.ecr.tokens import LIFETIME_SECONDS, Token, Tokens, expiry
from sagemaker_local.faults.register import Faults
from sagemaker_local.protocol.call import Answer, Call, Operation
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.validation import checked


class EcrApi:
    """`host`: this server's `HOST:PORT`; `foreign`: the images of other accounts that are known by name."""

    def __init__(
        self,
        images: Images,
        tokens: Tokens,
        faults: Faults,
        host: Callable[[], str],
        foreign: ForeignImages,
    ) -> None:
        self._images = images
        self._tokens = tokens
        self._faults = faults
        self._host = host
        self._foreign = foreign

    def operations(self) -> dict[str, Operation]:
        """By name, each checking the request first."""
        named = {
            "GetAuthorizationToken": self._issue,
            "BatchGetImage": self._get,
            "DescribeImages": self._describe,
            "ListImages": self._list,
            "PutImage": self._put,
            "BatchDeleteImage": self._delete,
        }
        return checked(named, "InvalidParameterException")

    def _issue(self, call: Call) -> Answer:
        account = account_of_caller(call)
        expires = expiry(self._faults.token_seconds(LIFETIME_SECONDS))
        answers = []
        for _ in call.parameters.get("registryIds") or [account]:
            token = self._tokens.issue(Token(call.access_key or "", account, call.region, expires))
            endpoint = f"http://{self._host()}"
            answers.append({"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": endpoint})
        return {"authorizationData": answers}

    def _get(self, call: Call) -> Answer:
        registry = call.parameters.get("registryId")
        if registry not in (None, account_of_caller(call)):
            return self._of_another_account(call, registry)
        repository = repository_of(call)
        found, failures = _each(
            call, lambda wanted: [_image(repository, self._find(repository, wanted), wanted.get("imageTag"))]
        )
        return {"images": found, "failures": failures}

    def _of_another_account(self, call: Call, registry: str) -> Answer:
        name = call.parameters["repositoryName"]
        repository = self._foreign.find(registry, call.region, name)
        if repository is None:
            raise repository_not_found(registry, name)

        def find(wanted: Mapping[str, str]) -> list[dict[str, Any]]:
            identity = {**wanted, "imageDigest": repository.digest(wanted.get("imageTag"), wanted.get("imageDigest"))}
            return [{"registryId": registry, "repositoryName": name, "imageId": identity}]

        found, failures = _each(call, find)
        return {"images": found, "failures": failures}

    def _describe(self, call: Call) -> Answer:
        repository = repository_of(call)
        wanted = call.parameters.get("imageIds")
        if wanted:
            try:
                return {"imageDetails": [_detail(repository, self._find(repository, each)) for each in wanted]}
            except NoImage as error:
                raise _not_found(repository, wanted) from error
        images = [each for each in self._images.all(repository) if _chosen(bool(each.image_tags), call)]
        found, token = page(images, call.parameters)
        return {"imageDetails": [_detail(repository, each) for each in found], **token}

    def _list(self, call: Call) -> Answer:
        repository = repository_of(call)
        ids = []
        for image in self._images.all(repository):
            if _chosen(bool(image.image_tags), call):
                tags = [{"imageTag": tag} for tag in image.image_tags] or [{}]
                ids += [{"imageDigest": image.image_digest, **tag} for tag in tags]
        found, token = page(ids, call.parameters)
        return {"imageIds": found, **token}

    def _put(self, call: Call) -> Answer:
        repository, given = repository_of(call), call.parameters
        tag, raw = given.get("imageTag"), given["imageManifest"].encode()
        tags = [tag] if tag else []
        images = {each.image_digest: list(each.image_tags) for each in self._images.all(repository)}
        image = self._images.put(repository, raw, given.get("imageManifestMediaType"), tags, given.get("imageDigest"))
        if image.image_digest in images and (not tag or tag in images[image.image_digest]):
            text = (
                f"Image with digest '{image.image_digest}' and tag '{tag}' already exists in the repository with name "
                f"'{repository.name}' in registry with id '{repository.registry_id}'"
            )
            raise ServiceError("ImageAlreadyExistsException", text)
        return {"image": _image(repository, image, tag)}

    def _delete(self, call: Call) -> Answer:
        repository = repository_of(call)

        def remove(wanted: Mapping[str, str]) -> list[dict[str, Any]]:
            digest, tags = self._images.remove(repository, wanted.get("imageTag"), wanted.get("imageDigest"))
            return [{"imageDigest": digest, **({"imageTag": tag} if tag else {})} for tag in tags or [""]]

        gone, failures = _each(call, remove)
        return {"imageIds": gone, "failures": failures}

    def _find(self, repository: Repository, wanted: Mapping[str, str]) -> StoredImage:
        return self._images.find(repository, wanted.get("imageTag"), wanted.get("imageDigest"))


def _each(call: Call, act: Callable[[Mapping[str, str]], list[dict[str, Any]]]) -> tuple[list[Any], list[Any]]:
    """What comes of each image that a call names, and the failures."""

    def attempt(wanted: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        try:
            return act(wanted), []
        except NoImage as error:
            return [], [_failure(wanted, error)]

    outcomes = [attempt(wanted) for wanted in call.parameters["imageIds"]]
    return [each for done, _ in outcomes for each in done], [each for _, failed in outcomes for each in failed]


def _chosen(tagged: bool, call: Call) -> bool:
    wanted = str(call.parameters.get("filter", {}).get("tagStatus", "ANY"))
    return wanted in ("ANY", "TAGGED" if tagged else "UNTAGGED")


def _image(repository: Repository, image: StoredImage, tag: str | None) -> dict[str, Any]:
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageId": {"imageDigest": image.image_digest, **({"imageTag": tag} if tag else {})},
        "imageManifest": image.image_manifest,
        "imageManifestMediaType": image.image_manifest_media_type,
    }


def _detail(repository: Repository, image: StoredImage) -> dict[str, Any]:
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageDigest": image.image_digest,
        **({"imageTags": list(image.image_tags)} if image.image_tags else {}),
        "imageSizeInBytes": image.image_size_in_bytes,
        "imagePushedAt": image.image_pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
    }


def _failure(wanted: Mapping[str, str], error: NoImage) -> dict[str, Any]:
    return {"imageId": dict(wanted), "failureCode": error.code, "failureReason": str(error)}


def _not_found(repository: Repository, wanted: list[Mapping[str, str]]) -> ServiceError:
    """Of several the first is named. (assumed)"""
    first = wanted[0]
    image = f"{{imageDigest:'{first.get('imageDigest', 'null')}', imageTag:'{first.get('imageTag', 'null')}'}}"
    text = (
        f"The image with imageId {image} does not exist within the repository with name '{repository.name}' in the "
        f"registry with id '{repository.registry_id}'"
    )
    return ServiceError("ImageNotFoundException", text)
