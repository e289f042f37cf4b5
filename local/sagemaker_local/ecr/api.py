"""ECR's operations on images and tokens; those on repositories are moto's. All raise ServiceError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.ecr.models import Repository

from sagemaker_local.accounts import account_of, principal
from sagemaker_local.call import Call
from sagemaker_local.ecr.images import Images, NoImage, StoredImage
from sagemaker_local.ecr.paging import page
from sagemaker_local.ecr.repositories import find_repository
from sagemaker_local.ecr.tokens import LIFETIME_SECONDS, Token, Tokens, expiry
from sagemaker_local.errors import ServiceError
from sagemaker_local.faults.register import Faults
from sagemaker_local.validation import check

Answer = Mapping[str, Any]


class EcrApi:
    """`host`: this server's `HOST:PORT`; `digest_of`: of an image under a name that only AWS has, None if unknown."""

    def __init__(
        self,
        images: Images,
        tokens: Tokens,
        faults: Faults,
        host: Callable[[], str],
        digest_of: Callable[[str], str | None],
    ) -> None:
        self._images = images
        self._tokens = tokens
        self._faults = faults
        self._host = host
        self._digest_of = digest_of

    def operations(self) -> dict[str, Callable[[Call], Answer]]:
        """By name, each checking the request first, and whether there is a registry."""
        named = {
            "GetAuthorizationToken": self._issue,
            "BatchGetImage": self._get,
            "DescribeImages": self._describe,
            "ListImages": self._list,
            "PutImage": self._put,
            "BatchDeleteImage": self._delete,
        }
        return {name: _checked(operation) for name, operation in named.items()}

    def _issue(self, call: Call) -> Answer:
        self._images.registry.check()
        account = _account(call)
        expires = expiry(self._faults.token_seconds(LIFETIME_SECONDS))
        answers = []
        for _ in call.parameters.get("registryIds") or [account]:
            token = self._tokens.issue(Token(call.access_key or "", account, call.region, expires))
            endpoint = f"http://{self._host()}"
            answers.append({"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": endpoint})
        return {"authorizationData": answers}

    def _get(self, call: Call) -> Answer:
        foreign = self._foreign(call)
        if foreign is not None:
            return foreign
        repository = self._repository(call)
        found, failures = _each(
            call, lambda wanted: [_image(repository, self._find(repository, wanted), wanted.get("imageTag"))]
        )
        return {"images": found, "failures": failures}

    def _foreign(self, call: Call) -> Answer | None:
        """Images of another account's registry that local ones stand for; None where there are none."""
        given = call.parameters
        registry = given.get("registryId")
        if registry in (None, _account(call)):
            return None
        name, found, failures = given["repositoryName"], [], []
        suffix = "amazonaws.com.cn" if call.region.startswith("cn-") else "amazonaws.com"
        for wanted in given["imageIds"]:
            uri = f"{registry}.dkr.ecr.{call.region}.{suffix}/{name}:{wanted.get('imageTag', 'latest')}"
            digest = self._digest_of(uri)
            if digest:
                told = {**wanted, "imageDigest": digest}
                found.append({"registryId": registry, "repositoryName": name, "imageId": told})
            else:
                failures.append(_failure(wanted, NoImage("ImageNotFound")))
        return {"images": found, "failures": failures} if found else None

    def _describe(self, call: Call) -> Answer:
        repository = self._repository(call)
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
        repository = self._repository(call)
        ids = []
        for image in self._images.all(repository):
            if _chosen(bool(image.image_tags), call):
                tags = [{"imageTag": tag} for tag in image.image_tags] or [{}]
                ids += [{"imageDigest": image.image_digest, **tag} for tag in tags]
        found, token = page(ids, call.parameters)
        return {"imageIds": found, **token}

    def _put(self, call: Call) -> Answer:
        repository, given = self._repository(call), call.parameters
        tag, raw = given.get("imageTag"), given["imageManifest"].encode()
        images = {each.image_digest: list(each.image_tags) for each in self._images.all(repository)}
        image = self._images.put(repository, raw, given.get("imageManifestMediaType"), tag, given.get("imageDigest"))
        if image.image_digest in images and (not tag or tag in images[image.image_digest]):
            text = (
                f"Image with digest '{image.image_digest}' and tag '{tag}' already exists in the repository with name "
                f"'{repository.name}' in registry with id '{repository.registry_id}'"
            )
            raise ServiceError("ImageAlreadyExistsException", text)
        return {"image": _image(repository, image, tag)}

    def _delete(self, call: Call) -> Answer:
        repository = self._repository(call)

        def remove(wanted: Mapping[str, str]) -> list[dict[str, Any]]:
            digest, tags = self._images.remove(repository, wanted.get("imageTag"), wanted.get("imageDigest"))
            return [{"imageDigest": digest, **({"imageTag": tag} if tag else {})} for tag in tags or [""]]

        gone, failures = _each(call, remove)
        return {"imageIds": gone, "failures": failures}

    def _repository(self, call: Call) -> Repository:
        self._images.registry.check()
        given = call.parameters
        return find_repository(_account(call), call.region, given["repositoryName"], given.get("registryId"))

    def _find(self, repository: Repository, wanted: Mapping[str, str]) -> StoredImage:
        return self._images.find(repository, wanted.get("imageTag"), wanted.get("imageDigest"))


def _checked(operation: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    def checked(call: Call) -> Answer:
        check(call, "InvalidParameterException")
        return operation(call)

    return checked


def _each(call: Call, act: Callable[[Mapping[str, str]], list[dict[str, Any]]]) -> tuple[list[Any], list[Any]]:
    """What comes of each image that a call names, and the failures."""

    def attempt(wanted: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        try:
            return act(wanted), []
        except NoImage as error:
            return [], [_failure(wanted, error)]

    outcomes = [attempt(wanted) for wanted in call.parameters["imageIds"]]
    return [each for done, _ in outcomes for each in done], [each for _, failed in outcomes for each in failed]


def _account(call: Call) -> str:
    return account_of(principal(call.access_key, call.region))


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
    told = wanted[0]
    image = f"{{imageDigest:'{told.get('imageDigest', 'null')}', imageTag:'{told.get('imageTag', 'null')}'}}"
    text = (
        f"The image with imageId {image} does not exist within the repository with name '{repository.name}' in the "
        f"registry with id '{repository.registry_id}'"
    )
    return ServiceError("ImageNotFoundException", text)
