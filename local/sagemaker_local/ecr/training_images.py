"""What SageMaker checks of a training image in our own ECR, and how it gets it: as the execution role.

Sources: the missing repository's text: issue aws/amazon-sagemaker-examples 2534, which a role without rights meets too;
the missing tag's (assumed).
"""

from __future__ import annotations

from collections.abc import Callable

from sagemaker_local.ecr.images import Images, NoImage
from sagemaker_local.ecr.repositories import find_repository
from sagemaker_local.ecr.tokens import Token, Tokens, expiry
from sagemaker_local.iam.judge import Judge
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.sts.sessions import assume

_PULLING = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_MISSING = (
    "Cannot find repository: {name} in registry ID: {account} Please check if your ECR repository exists and role "
    "{role} has proper pull permissions for SageMaker: ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, "
    "ecr:GetDownloadUrlForLayer"
)


class TrainingImages:
    """`host`: this server's `HOST:PORT`, by which its images' names begin."""

    def __init__(self, images: Images, tokens: Tokens, judge: Judge, host: Callable[[], str]) -> None:
        self._images = images
        self._tokens = tokens
        self._judge = judge
        self._host = host

    def owns(self, image: str) -> bool:
        """Whether a name is of our ECR."""
        return image.startswith(f"{self._host()}/")

    def login(self, role: str, region: str) -> tuple[str, str]:
        """`HOST:PORT`, and the token by which docker gets in as an execution role."""
        session = assume(role, "SageMaker", region)
        return self._host(), self._tokens.issue(Token(session.access_key, ACCOUNT, region, expiry()))

    def check(self, image: str, role: str, region: str) -> None:
        """Raise ServiceError ValidationException for an image of ours that a job with this role cannot have."""
        if not self.owns(image):
            return
        name, tag, digest = _parted(image.removeprefix(f"{self._host()}/"))
        arn = f"arn:aws:ecr:{region}:{ACCOUNT}:repository/{name}"
        missing = ServiceError("ValidationException", _MISSING.format(name=name, account=ACCOUNT, role=role))
        if not all(self._judge.role_may(role, action, arn) for action in _PULLING):
            raise missing
        try:
            self._images.find(find_repository(ACCOUNT, region, name), tag, digest)
        except ServiceError as error:
            raise missing from error
        except NoImage as error:
            raise ServiceError("ValidationException", "Requested image URI not found.") from error


def _parted(reference: str) -> tuple[str, str | None, str | None]:
    """Name, tag and digest of `NAME[:TAG][@DIGEST]`; the tag is `latest` where it names neither."""
    name, _, digest = reference.partition("@")
    name, _, tag = name.partition(":")
    return name, tag or (None if digest else "latest"), digest or None
