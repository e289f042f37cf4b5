"""ECR put together: its API, the registry's protocol and the images of jobs, which share blobs and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from sagemaker_local.ecr.api import EcrApi
from sagemaker_local.ecr.blob_requests import BlobRequests
from sagemaker_local.ecr.blobs import Blobs
from sagemaker_local.ecr.distribution import Distribution
from sagemaker_local.ecr.download_links import DownloadLinks
from sagemaker_local.ecr.foreign import ForeignImages, LocalImage
from sagemaker_local.ecr.images import Images
from sagemaker_local.ecr.layer_api import LayerApi
from sagemaker_local.ecr.manifest_requests import ManifestRequests
from sagemaker_local.ecr.mounts import Mounts
from sagemaker_local.ecr.tokens import Tokens
from sagemaker_local.ecr.training_images import TrainingImages
from sagemaker_local.ecr.uploads import Uploads
from sagemaker_local.faults.register import Faults
from sagemaker_local.iam.judge import Judge
from sagemaker_local.protocol.call import Operation


class Ecr:
    """`registry` answers docker, `training_images` SageMaker. Blobs are files in `folder`, which exists.

    `host`: this server's `HOST:PORT`; `named`: URIs of images that a local one stands for, see `ForeignImages`.
    """

    def __init__(
        self,
        folder: Path,
        region: str,
        host: Callable[[], str],
        judge: Judge,
        faults: Faults,
        named: Iterable[str],
        local_image: LocalImage,
    ) -> None:
        blobs = Blobs(folder)
        uploads = Uploads(folder, blobs)
        images, tokens, links = Images(blobs), Tokens(), DownloadLinks()
        self._api = EcrApi(images, tokens, faults, host, ForeignImages(named, local_image))
        self._layers = LayerApi(blobs, uploads, links, faults, host)
        blob_requests = BlobRequests(blobs, uploads, Mounts(blobs, judge))
        self.registry = Distribution(blob_requests, ManifestRequests(images), tokens, links, region)
        self.training_images = TrainingImages(images, tokens, judge, host)

    def operations(self) -> dict[str, Operation]:
        """By name; what is not among them is moto's."""
        return {**self._api.operations(), **self._layers.operations()}
