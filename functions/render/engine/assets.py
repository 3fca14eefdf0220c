"""The files of a request: fetched in parallel, each once, probed before the first frame, named in every complaint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reelqueue.errors import AssetError
from reelqueue.pointers import source_pointer
from render.engine.control import Stopped
from render.engine.probe import ImageFacts, MediaFacts, Unusable, probe_media
from render.engine.process import Ffmpeg
from render.engine.timeline import voice_source
from render.engine.tonemap import tone_mapped

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from render.engine.speech import Speech
    from render.engine.subtitles import Subtitle

# Brings a source to a file. Calls the third now and then, which raises when the file is not wanted any more.
Fetch = Callable[[str, Path, Callable[[], None]], None]

_AT_ONCE = 8
# Each may take as much memory as its allowance says, if somebody has made its file for that.
_PROBED_AT_ONCE = 2
_PIECE = 1 << 20


class FetchError(Exception):
    """A source could not be fetched; the message says why, in words for the client."""


@dataclass(frozen=True)
class Assets:
    """What was fetched: a local file for each source, the SHA-256 of its content, and what was found in it."""

    paths: Mapping[str, Path]
    digests: Mapping[str, str]
    images: Mapping[str, ImageFacts]
    media: Mapping[str, MediaFacts]
    speeches: Mapping[int, Speech] = field(default_factory=dict)
    """What voices say, by scene; their files are found under ``voice:<scene>``."""

    subtitles: Mapping[str, tuple[Subtitle, ...]] = field(default_factory=dict)
    """What stands in each file of captions, by source."""

    def with_speeches(self, speeches: Mapping[int, Speech]) -> Assets:
        files = {voice_source(scene): speech.path for scene, speech in speeches.items()}
        return replace(self, paths={**self.paths, **files}, speeches=speeches)


@dataclass(frozen=True)
class _Use:
    src: str
    pointer: str
    kind: str


@dataclass(frozen=True)
class _Facts:
    digest: str
    image: ImageFacts | None
    media: MediaFacts | None
    subtitles: tuple[Subtitle, ...] | None


def gather(request: VideoRequest, folder: Path, fetch: Fetch, ffmpeg: Ffmpeg) -> Assets:
    """All files of the request. The first that proves unusable ends it.

    Raises:
        AssetError: a file is missing, broken, or not of the type that its element needs.
        Stopped: the render was stopped. A fetch that hangs meanwhile is left to its own time-out.
    """
    uses: dict[str, list[_Use]] = {}
    for use in _uses(request):
        uses.setdefault(use.src, []).append(use)
    # Names of our own: what a client wrote never reaches ffmpeg, not even as a file name.
    paths = {src: folder / f"asset-{number}" for number, src in enumerate(uses)}
    preflight = _Preflight(fetch, ffmpeg, (request.output.width, request.output.height))
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="preflight")
    try:
        looks = {src: pool.submit(preflight.look_at, paths[src], uses[src]) for src in uses}
        ffmpeg.control.wait(looks.values())
        found = {src: look.result() for src, look in looks.items()}
    finally:
        preflight.over.set()
        pool.shutdown(wait=False, cancel_futures=True)
    digests = {src: facts.digest for src, facts in found.items()}
    images = {src: facts.image for src, facts in found.items() if facts.image}
    media = {src: facts.media for src, facts in found.items() if facts.media}
    subtitles = {src: facts.subtitles for src, facts in found.items() if facts.subtitles}
    return Assets(paths, digests, images, media, subtitles=subtitles)


class _Preflight:
    """Fetches and probes; ``over`` tells its threads that nobody waits for them any more."""

    def __init__(self, fetch: Fetch, ffmpeg: Ffmpeg, size: tuple[int, int]) -> None:
        self._fetch = fetch
        self._size = size
        self._ffmpeg = ffmpeg
        self._decoding = threading.Lock()
        self._probing = threading.Semaphore(_PROBED_AT_ONCE)
        self.over = threading.Event()

    def look_at(self, path: Path, uses: Sequence[_Use]) -> _Facts:
        """Fetch a source and learn what its uses need to know of it.

        Raises:
            AssetError: it cannot be used; names the first use that cannot be.
        """
        self._check()
        try:
            self._fetch(uses[0].src, path, self._check)
        except FetchError as error:
            raise AssetError(uses[0].pointer, str(error), code="ASSET_UNAVAILABLE") from error
        image: ImageFacts | None = None
        media: MediaFacts | None = None
        subtitles: tuple[Subtitle, ...] | None = None
        for use in uses:
            try:
                if use.kind == "image":
                    image = image or self._image(path)
                elif use.kind == "captions":
                    subtitles = subtitles or _read_subtitles(path)
                else:
                    media = media or self._media(path)
                    _check_kind(use, media)
            except Unusable as unusable:
                raise AssetError(use.pointer, f"{use.src} {unusable}") from unusable
        digest = self._digest(path)
        if media is not None and media.high_range and any(use.kind == "video" for use in uses):
            media = self._standard_range(path, media, uses[0])
        return _Facts(digest, image, media, subtitles)

    def _digest(self, path: Path) -> str:
        # Loaded by the caller, who gathers; the crew, which gets what was gathered, has no use for it.
        import hashlib

        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                self._check()
                digest.update(piece)
        return digest.hexdigest()

    def _image(self, path: Path) -> ImageFacts:
        # Loaded where a request has pictures: all others begin sooner.
        from render.engine.images import probe_image

        # One at a time: a hundred megapixels take 400 MB while they are decoded.
        with self._decoding:
            self._check()
            return probe_image(path)

    def _standard_range(self, path: Path, media: MediaFacts, use: _Use) -> MediaFacts:
        try:
            with self._probing:
                self._check()
                tone_mapped(path, media, self._size, self._ffmpeg)
            return self._media(path)
        except Unusable as unusable:
            raise AssetError(use.pointer, f"{use.src} {unusable}") from unusable

    def _media(self, path: Path) -> MediaFacts:
        with self._probing:
            self._check()
            return probe_media(path, self._ffmpeg)

    def _check(self) -> None:
        self._ffmpeg.control.check()
        if self.over.is_set():
            raise Stopped


def _uses(request: VideoRequest) -> Iterator[_Use]:
    # Loaded by the caller, who has the models; a worker, which gets what was gathered, has not.
    from reelqueue.spec_scenes import WITH_A_FILE

    for number, scene in enumerate(request.scenes):
        for index, element in enumerate(scene.elements):
            if isinstance(element, WITH_A_FILE):
                kind = "audio" if element.type == "waveform" else element.type
                yield _Use(element.src, source_pointer(request, number, index), kind)
        if scene.captions and scene.captions.src:
            yield _Use(scene.captions.src, f"/scenes/{number}/captions/src", "captions")
    if request.theme.logo:
        yield _Use(request.theme.logo.src, "/theme/logo/src", "image")
    if request.soundtrack:
        yield _Use(request.soundtrack.src, "/soundtrack/src", "audio")


def _check_kind(use: _Use, media: MediaFacts) -> None:
    if use.kind == "video" and not media.has_video:
        raise Unusable("holds sound but no moving pictures; use an audio element for it")
    if use.kind == "audio" and not media.has_audio:
        raise Unusable("holds no sound")


def _read_subtitles(path: Path) -> tuple[Subtitle, ...]:
    # Few requests have any, and every worker loads this module.
    from render.engine.subtitles import read_subtitles

    return read_subtitles(path)
