"""Local images under names that only AWS has: `docker tag IMAGE URI`, so that `FROM URI` and jobs find them.

An image that the engine lacks is pulled. Without a Docker engine there is nothing to name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sagemaker_local.containers.engine import PULL_SECONDS, Engine, EngineError


@dataclass(frozen=True)
class NamedImage:
    """`uri`: the name to give; `image`: what the engine or a registry has."""

    uri: str
    image: str


class ImageError(Exception):
    """An image cannot be pulled or named; the text is the engine's."""


def parse_image(text: str) -> NamedImage:
    """`URI=IMAGE`. Raises ValueError."""
    uri, equals, image = text.partition("=")
    if not (uri and equals and image) or uri.startswith("-") or image.startswith("-"):
        raise ValueError(f"{text!r} is not of the form URI=IMAGE")
    return NamedImage(uri, image)


def name_images(engine: Engine, images: Iterable[NamedImage]) -> str:
    """Name them; what was done, in a line. Raises ImageError."""
    wanted = list(images)
    if not wanted:
        return ""
    refusal = engine.refusal()
    if refusal:
        return f"images: none named, there is no Docker engine ({refusal}); jobs run as processes\n"
    for each in wanted:
        if engine.image_id(each.image) is None:
            _run(engine, "pull", "--quiet", each.image)
        _run(engine, "tag", each.image, each.uri)
    return f"images: {', '.join(f'{each.uri} is {each.image}' for each in wanted)}\n"


def _run(engine: Engine, *arguments: str) -> None:
    try:
        engine.run(*arguments, seconds=PULL_SECONDS)
    except EngineError as error:
        raise ImageError(f"docker {' '.join(arguments)}: {error}") from error
