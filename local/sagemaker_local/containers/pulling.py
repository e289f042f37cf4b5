"""Pulling an image, which can take long: it ends on request, and with the server, however that ends."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path

from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.isolation.instance import Instance
from sagemaker_local.isolation.specification import Specification

_POLL_SECONDS = 0.2
_BLOCK = 1 << 16


def pull(engine: Engine, image: str, folder: Path, *, platform: str = "", stop: threading.Event | None = None) -> None:
    """`docker pull`, for a `platform` as `linux/arm64` or for the engine's own; `folder` is there to work in.

    Raises EngineError, when `stop` is set too.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    wanted = ["--platform", platform] if platform else []
    instance = Instance(
        Specification(
            kind="none",
            folder=str(folder),
            command=engine.command("pull", "--quiet", *wanted, "--", image),
            environment=dict(os.environ),
            host_name="pull",
            binds={},
            owner=(os.getuid(), os.getgid()),
            network=None,
        )
    )
    output = _output(instance, stop)
    code = instance.wait()
    instance.close()
    if code != 0:
        raise EngineError(output.strip() or f"docker pull: exit code {code}")


def _output(instance: Instance, stop: threading.Event | None) -> str:
    """To its end."""
    output = b""
    while True:
        if stop and stop.is_set():
            instance.kill()
        if select.select([instance.output], [], [], _POLL_SECONDS)[0]:
            block = os.read(instance.output.fileno(), _BLOCK)
            if not block:
                return output.decode("utf-8", "replace")
            output += block
