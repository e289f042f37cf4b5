"""Layers of one repository for another: OCI distribution-spec, "Mounting a blob from another repository".

As ECR does it where blob mounting is on: in one account and region, for who may `ecr:GetDownloadUrlForLayer` of the
other repository (user guide, "Blob mounting in Amazon ECR").
"""

from __future__ import annotations

from dataclasses import replace

from moto.ecr.models import Repository

from sagemaker_local.ecr.blobs import Blobs
from sagemaker_local.ecr.digests import Digest
from sagemaker_local.ecr.repositories import repositories_of
from sagemaker_local.iam.judge import Judge
from sagemaker_local.iam.permissions import permissions_of
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.call import Call
from sagemaker_local.sts.sessions import caller_of


class Mounts:
    """Judged by the policies that bind the caller."""

    def __init__(self, blobs: Blobs, judge: Judge) -> None:
        self._blobs = blobs
        self._judge = judge

    def mount(self, call: Call, target: Repository, digest: Digest, source: str | None) -> bool:
        """Have a repository have a blob of another, or of any where none is named; False where it must be sent."""
        if self._blobs.size(target, digest) is not None:
            return True
        there = repositories_of(target.account_id, target.region_name)
        wanted = [each for each in there if source in (None, each.name) and self._blobs.size(each, digest) is not None]
        return any(self._may_read(call, each) and self._blobs.mount(each, digest, target) for each in wanted)

    def _may_read(self, call: Call, repository: Repository) -> bool:
        reading = replace(call, operation="GetDownloadUrlForLayer", parameters={"repositoryName": repository.name})
        return self._judge.allows(reading, caller_of(reading), permissions_of(reading, ACCOUNT))
