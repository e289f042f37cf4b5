"""Local images under names that only AWS has: `docker tag IMAGE URI`, so that `FROM URI` and jobs find them.

The image is pulled where the engine has not got it. Without a Docker engine there is nothing to name.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

_ENGINE_SECONDS = 20
_PULL_SECONDS = 1800


@dataclass(frozen=True)
class NamedImage:
    """`uri`: the name to give; `image`: what the engine or a registry has."""

    uri: str
    image: str


class ImageError(Exception):
    """An image that cannot be had or named; the text is the engine's."""


def parse_image(text: str) -> NamedImage:
    """`URI=IMAGE`. Raises ValueError."""
    uri, equals, image = text.partition("=")
    if not (uri and equals and image) or uri.startswith("-") or image.startswith("-"):
        raise ValueError(f"{text!r} is not of the form URI=IMAGE")
    return NamedImage(uri, image)


def name_images(images: Iterable[NamedImage]) -> str:
    """Name them; what was done, in a line. Raises ImageError."""
    wanted = list(images)
    if not wanted:
        return ""
    refusal = _engine_refusal()
    if refusal:
        return f"images: none named, there is no Docker engine ({refusal}); jobs run as processes\n"
    for each in wanted:
        if _docker("image", "inspect", each.image).returncode != 0:
            _done(_docker("pull", "--quiet", each.image, seconds=_PULL_SECONDS))
        _done(_docker("tag", each.image, each.uri))
    return f"images: {', '.join(f'{each.uri} is {each.image}' for each in wanted)}\n"


def _engine_refusal() -> str:
    if not shutil.which("docker"):
        return "no docker command"
    asked = _docker("version", "--format", "{{.Server.Version}}")
    return "" if asked.returncode == 0 else asked.stderr.strip().splitlines()[-1]


def _docker(*arguments: str, seconds: int = _ENGINE_SECONDS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=False)


def _done(ran: subprocess.CompletedProcess[str]) -> None:
    if ran.returncode != 0:
        raise ImageError(f"{' '.join(ran.args)}: {ran.stderr.strip()}")
