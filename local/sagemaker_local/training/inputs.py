"""Puts the objects of channels into the hosts' `/opt/ml/input/data`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sagemaker_local.instances.host import Host
from sagemaker_local.s3.client import S3Client
from sagemaker_local.s3.location import place
from sagemaker_local.training.channels import Channel, ChannelObject
from sagemaker_local.training.role_check import downloading

_AT_ONCE = 4


def download(client: S3Client, channel: Channel, hosts: Sequence[Host], check_stop: Callable[[], None]) -> None:
    """Fetch a channel's objects to the hosts that get them.

    Raises botocore's ClientError, RoleLacks, what `check_stop` raises.
    """
    wanted: dict[ChannelObject, list[Path]] = {}
    for number, host in enumerate(hosts):
        folder = host.base / "input" / "data" / channel.name
        folder.mkdir(parents=True)
        (folder.parent / f"{channel.name}-manifest").write_text(channel.manifest())
        for each in channel.shard(number, len(hosts)):
            wanted.setdefault(each, []).append(place(folder, each.path))

    def fetch(item: tuple[ChannelObject, list[Path]]) -> None:
        check_stop()
        each, (first, *others) = item
        with downloading(f"s3://{each.bucket}/{each.key}"):
            client.download_file(each.bucket, each.key, str(first))
        for other in others:
            shutil.copyfile(first, other)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(fetch, wanted.items()))
