"""Pipe mode: a channel's objects, one after the other, through the named pipes `CHANNEL_0`, `CHANNEL_1`, …

Each pipe gives the whole channel once, an epoch; the next is there as soon as the one before is opened (SageMaker
documentation, "Pipe mode"). Nothing is read from S3 before the instance opens a pipe.
"""

from __future__ import annotations

import errno
import itertools
import os
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sagemaker_local.instances.host import Host
from sagemaker_local.s3.client import S3Client
from sagemaker_local.training.channels import Channel, ChannelObject
from sagemaker_local.training.role_check import downloading

_POLL_SECONDS = 0.05
_CHUNK = 1 << 20
_GZIP = 31  # zlib's window bits for a gzip header


class Pipes:
    """The pipes of a job's hosts; threads feed them until `close`. `failed` is called when one cannot be fed."""

    def __init__(self, client: S3Client, failed: Callable[[], None]) -> None:
        self._client = client
        self._failed = failed
        self._failure: Exception | None = None
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, channel: Channel, hosts: Sequence[Host]) -> None:
        """Make the first pipe of a channel on every host, and feed it once someone opens it."""
        for number, host in enumerate(hosts):
            base = host.base / "input" / "data" / channel.name
            base.with_name(f"{channel.name}-manifest").write_text(channel.manifest())
            os.mkfifo(_epoch(base, 0))
            shard = channel.shard(number, len(hosts))
            feeder = threading.Thread(target=self._feed, args=(base, shard, channel.compressed), daemon=True)
            feeder.start()
            self._threads.append(feeder)

    def close(self) -> None:
        """Stop feeding. The instances must have ended, so that no write waits for a reader."""
        self._closed.set()
        for feeder in self._threads:
            feeder.join()

    def check(self) -> None:
        """Raise what kept a pipe from being fed: RoleLacks, botocore's errors."""
        if self._failure:
            raise self._failure

    def _feed(self, base: Path, objects: Sequence[ChannelObject], compressed: bool) -> None:
        for number in itertools.count():
            pipe = self._opened(_epoch(base, number))
            if pipe is None:
                return
            os.mkfifo(_epoch(base, number + 1))
            try:
                for each in objects:
                    for chunk in self._content(each, compressed):
                        _write(pipe, chunk)
            except BrokenPipeError:
                pass  # the reader has had enough of this epoch
            except Exception as error:  # noqa: BLE001 - raised by `check`, in the thread that runs the job
                self._failure = error
                self._failed()
                return
            finally:
                os.close(pipe)

    def _opened(self, path: Path) -> int | None:
        """The pipe, blocking, once it has a reader; None when there will be none."""
        while not self._closed.wait(_POLL_SECONDS):
            try:
                pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # no reader yet
                    raise
                continue
            os.set_blocking(pipe, True)
            return pipe
        return None

    def _content(self, each: ChannelObject, compressed: bool) -> Iterator[bytes]:
        with downloading(f"s3://{each.bucket}/{each.key}"):
            body = self._client.get_object(Bucket=each.bucket, Key=each.key)["Body"]
        if not compressed:
            yield from body.iter_chunks(_CHUNK)
            return
        inflater = zlib.decompressobj(_GZIP)
        for chunk in body.iter_chunks(_CHUNK):
            rest = chunk
            while rest:
                yield inflater.decompress(rest)
                rest = inflater.unused_data
                if inflater.eof:
                    inflater = zlib.decompressobj(_GZIP)


def _epoch(base: Path, number: int) -> Path:
    return base.with_name(f"{base.name}_{number}")


def _write(pipe: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(pipe, view) :]
