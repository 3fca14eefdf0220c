"""The files of a request: each source fetched once, probed once, and named in every complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reelqueue.errors import AssetError
from reelqueue.spec_request import VideoRequest
from reelqueue.spec_scenes import AudioElement, ImageElement, VideoElement
from render.engine.images import ImageFacts, probe_image
from render.engine.probe import MediaFacts, Unusable, probe_media
from render.engine.process import Ffmpeg

Fetch = Callable[[str, Path], None]


class FetchError(Exception):
    """A source could not be fetched; the message says why, in words for the client."""


@dataclass(frozen=True)
class Assets:
    """What was fetched: a local file for each source, and what was found in it."""

    paths: Mapping[str, Path]
    images: Mapping[str, ImageFacts]
    media: Mapping[str, MediaFacts]


@dataclass(frozen=True)
class _Use:
    src: str
    pointer: str
    kind: str


def gather(request: VideoRequest, folder: Path, fetch: Fetch, ffmpeg: Ffmpeg) -> Assets:
    """All files of the request.

    Raises:
        AssetError: a file is missing, broken, or not of the type that its element needs.
    """
    paths: dict[str, Path] = {}
    images: dict[str, ImageFacts] = {}
    media: dict[str, MediaFacts] = {}
    for use in _uses(request):
        ffmpeg.control.check()
        if use.src not in paths:
            # A name of our own: what a client wrote never reaches ffmpeg, not even as a file name.
            paths[use.src] = folder / f"asset-{len(paths)}"
            try:
                fetch(use.src, paths[use.src])
            except FetchError as error:
                raise AssetError(use.pointer, str(error), code="ASSET_UNAVAILABLE") from error
        try:
            if use.kind == "image" and use.src not in images:
                images[use.src] = probe_image(paths[use.src])
            elif use.kind != "image" and use.src not in media:
                media[use.src] = probe_media(paths[use.src], ffmpeg)
            _check(use, media)
        except Unusable as unusable:
            raise AssetError(use.pointer, f"{use.src} {unusable}") from unusable
    return Assets(paths, images, media)


def _uses(request: VideoRequest) -> Iterator[_Use]:
    for number, scene in enumerate(request.scenes):
        for index, element in enumerate(scene.elements):
            if isinstance(element, ImageElement | VideoElement | AudioElement):
                yield _Use(element.src, request.pointer(number, index), element.type)
    if request.soundtrack:
        yield _Use(request.soundtrack.src, "/soundtrack/src", "audio")


def _check(use: _Use, media: Mapping[str, MediaFacts]) -> None:
    if use.kind == "video" and not media[use.src].has_video:
        raise Unusable("holds sound but no moving pictures; use an audio element for it")
    if use.kind == "audio" and not media[use.src].has_audio:
        raise Unusable("holds no sound")
