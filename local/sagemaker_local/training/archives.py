"""`model.tar.gz` and `output.tar.gz`: members without a leading `./`; an empty folder gives no object (recorded).

With CompressionType NONE the files themselves, below `model/` (SageMaker Developer Guide, "Deploying uncompressed
models") and `output/` (assumed).
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from sagemaker_local.s3.client import S3Client
from sagemaker_local.s3.location import S3Location


def upload_archive(
    client: S3Client, folders: Iterable[Path], scratch: Path, target: S3Location, encryption: Mapping[str, str]
) -> bool:
    """Pack what the folders hold into one archive and upload it; False if they are empty.

    Raises botocore's ClientError. Where two folders hold the same name the first one's counts. (assumed)
    """
    if not _pack(folders, scratch):
        return False
    client.upload_file(str(scratch), target.bucket, target.prefix, ExtraArgs=encryption)
    scratch.unlink()
    return True


def upload_files(client: S3Client, folders: Iterable[Path], target: S3Location, encryption: Mapping[str, str]) -> None:
    """Upload what the folders hold, each file as an object. Raises botocore's ClientError.

    A link to a file in the folder is sent as that file; of a name in several folders the first one's counts. (assumed)
    """
    sent: set[str] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            inside = path.resolve().is_relative_to(folder.resolve())
            if path.is_file() and inside and name not in sent:
                sent.add(name)
                client.upload_file(str(path), target.bucket, target.prefix + name, ExtraArgs=encryption)


def _pack(folders: Iterable[Path], archive: Path) -> bool:
    packed: set[str] = set()
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder).as_posix()
                if name not in packed:
                    packed.add(name)
                    tar.add(path, name, recursive=False, filter=_ownerless)
    return bool(packed)


def _ownerless(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member if member.isfile() or member.isdir() or member.issym() or member.islnk() else None
