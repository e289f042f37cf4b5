"""Input channels: which objects belong to one, and which of them each host gets.

S3Prefix takes every key that begins with the prefix, siblings too; ManifestFile takes the keys that a JSON list of a
`{"prefix": "s3://…"}` and names has. ShardedByS3Key gives object i of the sorted keys to host i mod N (recorded).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.s3.client import S3Client
from sagemaker_local.s3.location import S3Location, keys, parse


@dataclass(frozen=True)
class ChannelObject:
    """An object and the path that its file has in the channel's folder."""

    bucket: str
    key: str
    path: str


@dataclass(frozen=True)
class Channel:
    """One channel with all its objects; `prefix` is what its manifest file begins with."""

    name: str
    mode: str
    sharded: bool
    compressed: bool
    prefix: str
    objects: tuple[ChannelObject, ...]

    def shard(self, host: int, hosts: int) -> tuple[ChannelObject, ...]:
        """The objects of one of the hosts that get the channel, counted from 0."""
        return self.objects[host::hosts] if self.sharded else self.objects

    def manifest(self) -> str:
        """The text of `CHANNEL-manifest`: the prefix, then every object, also those of other shards (recorded)."""
        return "\n".join([self.prefix, *(f"s3://{each.bucket}/{each.key}" for each in self.objects)]) + "\n"


def read_channel(client: S3Client, given: Mapping[str, Any], mode: str) -> Channel:
    """List what a channel of a request holds. Raises botocore's ClientError; ValueError for a bad manifest."""
    source = given["DataSource"]["S3DataSource"]
    location = parse(source["S3Uri"])
    if source["S3DataType"] == "ManifestFile":
        prefix, objects = _of_manifest(client, location)
    else:
        prefix, objects = str(location), list(_of_prefix(client, location))
    return Channel(
        name=given["ChannelName"],
        mode=mode,
        sharded=source.get("S3DataDistributionType") == "ShardedByS3Key",
        compressed=given.get("CompressionType") == "Gzip",
        prefix=prefix,
        objects=tuple(objects),
    )


def _of_prefix(client: S3Client, location: S3Location) -> Iterator[ChannelObject]:
    closed = location.prefix if location.prefix.endswith("/") or not location.prefix else f"{location.prefix}/"
    parent = location.prefix.rpartition("/")[0]
    for key in keys(client, location):
        # What only begins with the prefix keeps its name below the prefix's parent. (assumed)
        path = key.removeprefix(closed) if key.startswith(closed) else key[len(parent) :].lstrip("/")
        yield ChannelObject(location.bucket, key, path)


def _of_manifest(client: S3Client, location: S3Location) -> tuple[str, list[ChannelObject]]:
    body = client.get_object(Bucket=location.bucket, Key=location.prefix)["Body"].read()
    entries = json.loads(body)
    if not (isinstance(entries, list) and entries and isinstance(entries[0], dict) and "prefix" in entries[0]):
        raise ValueError(f'the manifest {location} is not a list that begins with {{"prefix": "s3://…"}}')
    prefix = parse(entries[0]["prefix"])
    objects = [ChannelObject(prefix.bucket, prefix.prefix + name, name) for name in map(str, entries[1:])]
    return str(prefix), sorted(objects, key=lambda each: each.key)
