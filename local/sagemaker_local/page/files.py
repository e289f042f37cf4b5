"""A job's files in S3: what its channels read, its checkpoints, and what it left; and a way to fetch one.

They are read as the account's administrator does, by requests that the request log has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from sagemaker_local.s3.client import s3_client
from sagemaker_local.s3.location import S3Location, parse
from sagemaker_local.sagemaker.record import TrainingJob

_PER_PLACE = 100
_BLOCK = 1 << 18


@dataclass(frozen=True)
class File:
    """`key` is whole, `name` what follows on the place's prefix."""

    key: str
    name: str
    size: int
    modified: float


@dataclass(frozen=True)
class Place:
    """One prefix of the job; `more` is the key to go on after, `failure` why it cannot be listed."""

    number: int
    title: str
    uri: str
    files: list[File]
    more: str = ""
    failure: str = ""


def listed(url: str, job: TrainingJob, given: Mapping[str, str]) -> list[Place]:
    """All places, each with its first files; or one, after a key. Raises LookupError."""
    asked = given.get("place", "")
    found = enumerate(_places(job))
    if asked:
        found = enumerate([_place(job, asked)], int(asked))
    return [_list(url, job, number, title, place, given.get("after", "")) for number, (title, place) in found]


def download(url: str, job: TrainingJob, given: Mapping[str, str]) -> Response:
    """An object of one of the job's places, as a file to keep. Raises LookupError, botocore's errors."""
    _, place = _place(job, given.get("place", ""))
    key = given.get("key", "")
    if not key.startswith(place.prefix):
        raise LookupError("the key does not belong to this job")
    found = s3_client(url, job.region).get_object(Bucket=place.bucket, Key=key)
    response = Response(_blocks(found["Body"]), content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=key.rpartition("/")[2] or "object")
    response.content_length = found["ContentLength"]
    return response


def _places(job: TrainingJob) -> list[tuple[str, S3Location]]:
    request = job.request
    places = []
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource")
        if source:
            places.append((f"Input {channel['ChannelName']}", parse(source["S3Uri"])))
    if "CheckpointConfig" in request:
        places.append(("Checkpoints", parse(request["CheckpointConfig"]["S3Uri"]).folder()))
    return [*places, ("Output", parse(job.output_prefix).folder())]


def _place(job: TrainingJob, number: str) -> tuple[str, S3Location]:
    if not (number.isdecimal() and number.isascii()):
        raise LookupError("the place is not known")
    return _places(job)[int(number)]


def _list(url: str, job: TrainingJob, number: int, title: str, place: S3Location, after: str) -> Place:
    client = s3_client(url, job.region)
    try:
        answer = client.list_objects_v2(
            Bucket=place.bucket, Prefix=place.prefix, MaxKeys=_PER_PLACE, **({"StartAfter": after} if after else {})
        )
    except (ClientError, BotoCoreError) as error:
        return Place(number, title, str(place), [], failure=str(error))
    contents: list[dict[str, Any]] = answer.get("Contents", [])
    folder = place.prefix.rpartition("/")[0]
    found = [
        File(each["Key"], each["Key"].removeprefix(f"{folder}/"), each["Size"], each["LastModified"].timestamp())
        for each in contents
    ]
    return Place(number, title, str(place), found, more=found[-1].key if answer["IsTruncated"] and found else "")


def _blocks(body: Any) -> Iterator[bytes]:
    try:
        yield from body.iter_chunks(_BLOCK)
    finally:
        body.close()
