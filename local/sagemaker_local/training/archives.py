"""`model.tar.gz` and `output.tar.gz`: members without a leading `./`; an empty folder gives no object (recorded)."""

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
