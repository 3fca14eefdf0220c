"""When everything happens, in whole frames: request and probed facts in, timeline out. Pure.

Times are rounded once, where they fall on the whole video's clock, so that rounding never adds
up: the video is as long as the request says to within one frame, however many scenes it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeGuard

from reelqueue.errors import AssetError, RenderError, VoiceError
from reelqueue.limits import Limits, overlap_seconds
from reelqueue.pointers import source_pointer
from render.engine.probe import MediaFacts

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from reelqueue.spec_scenes import AnyElement, AudioElement, Scene, TransitionType, Trim, VideoElement

SAMPLE_RATE = 48_000
_CANDIDATES = 12
VOICE_PAUSE = 0.6
"""What a scene waits for after its voice, in seconds; the transition that follows begins after the last word, too."""


@dataclass(frozen=True)
class ElementSpan:
    """A visible element: from which frame of its scene, for how many frames."""

    index: int
    first: int
    frames: int


@dataclass(frozen=True)
class SceneSpan:
    """A scene on the video's clock. The last ``overlap`` frames are shared with the next scene."""

    index: int
    first: int
    frames: int
    overlap: int
    transition: TransitionType
    elements: tuple[ElementSpan, ...]

    @property
    def end(self) -> int:
        return self.first + self.frames


@dataclass(frozen=True)
class Sound:
    """A stretch of a sound file on the video's clock, in seconds.

    ``skip`` and ``speed`` are the file's; ``period`` is the length after which it begins anew, or 0 to play it once.
    """

    src: str
    at: float
    seconds: float
    skip: float = 0.0
    speed: float = 1.0
    volume: float = 1.0
    fade_in: float = 0.0
    fade_out: float = 0.0
    period: float = 0.0
    ducked: bool = False
    """It is turned down while a sound is heard that comes before it in the timeline."""
    pointer: str = field(default="", compare=False)
    """Where it stands in the request, for complaints about its file."""


@dataclass(frozen=True)
class Timeline:
    fps: int
    frames: int
    scenes: tuple[SceneSpan, ...]
    sounds: tuple[Sound, ...]
    poster_frame: int | None
    """None: the best of ``poster_candidates``."""

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    @property
    def poster_candidates(self) -> list[int]:
        """The middles of scenes, of which the best may become the poster: a few, spread over the video."""
        step = -(-len(self.scenes) // _CANDIDATES)
        return [span.first + (span.frames - span.overlap) // 2 for span in self.scenes[::step]]

    @property
    def samples(self) -> int:
        """The length of the sound: as long as the picture, to the sample."""
        return round(self.frames * SAMPLE_RATE / self.fps)


def make_timeline(
    request: VideoRequest,
    media: Mapping[str, MediaFacts],
    spoken: Mapping[int, float] = MappingProxyType({}),
    *,
    limits: Limits = Limits(),  # noqa: B008
) -> Timeline:
    """The timeline of a request.

    Args:
        request: what to show.
        media: what was found in each video and sound file, by source.
        spoken: how long the voice of each scene speaks, in seconds.
        limits: the longest video allowed, for lengths that only the files told.

    Raises:
        AssetError: a file gives its scene a length that is longer than allowed.
        VoiceError: a voice speaks for longer than its scene lasts.
        RenderError: the video would be longer than allowed.
    """
    fps = request.output.fps
    lengths = [_scene_seconds(number, request, media, spoken.get(number)) for number in range(len(request.scenes))]
    transitions = [request.transition_after(index) for index in range(len(lengths))]
    overlaps = [
        overlap_seconds(transition, *pair) for transition, pair in zip(transitions, pairwise(lengths), strict=False)
    ] + [0.0]
    starts = [sum(lengths[:index]) - sum(overlaps[:index]) for index in range(len(lengths))]
    _check_lengths(request, media, limits)
    total = starts[-1] + lengths[-1]
    most = limits.max_gif_seconds if request.output.format == "gif" else limits.max_seconds
    if total > most:
        raise RenderError(f"The video would be {total:.1f} s long; the limit is {most:g} s.")
    firsts = [_frame(start, fps) for start in starts]
    ends = [
        max(first + 1, _frame(start + length, fps))
        for first, start, length in zip(firsts, starts, lengths, strict=True)
    ]
    scenes = []
    for index, (first, end) in enumerate(zip(firsts, ends, strict=True)):
        shared = end - firsts[index + 1] if index + 1 < len(firsts) else 0
        transition = transitions[index].type if shared > 0 else "none"
        elements = _element_spans(request.scenes[index], end - first, fps)
        scenes.append(SceneSpan(index, first, end - first, max(0, shared), transition, elements))
    return Timeline(
        fps,
        ends[-1],
        tuple(scenes),
        tuple(_sounds(request, scenes, fps, media, spoken)),
        _poster_frame(request, scenes, fps),
    )


def _check_lengths(request: VideoRequest, media: Mapping[str, MediaFacts], limits: Limits) -> None:
    for number, scene in enumerate(request.scenes):
        for index, element in enumerate(scene.elements):
            if scene.duration == "auto" and plays(element):
                seconds = clip_seconds(element.trim, speed_of(element), media[element.src])
                if element.duration is None and seconds > limits.max_seconds:
                    message = f"{element.src} plays for {seconds:.0f} s; the limit is {limits.max_seconds:g} s; trim it"
                    raise AssetError(source_pointer(request, number, index), message)


def clip_seconds(trim: Trim, speed: float, facts: MediaFacts) -> float:
    """How long the used part of a file plays."""
    end = facts.seconds if trim.end is None else min(trim.end, facts.seconds)
    return max(0.0, end - trim.start) / speed


def voice_source(scene: int) -> str:
    """What the voice of a scene is called among the files: nothing that a request names looks like it."""
    return f"voice:{scene}"


def frames_of_run(seconds: float, fps: int) -> int:
    """How many frames each run of a looping clip has, of its picture and of its sound."""
    return max(1, int(seconds * fps))


def _scene_seconds(number: int, request: VideoRequest, media: Mapping[str, MediaFacts], spoken: float | None) -> float:
    scene = request.scenes[number]
    voice_end = 0.0 if scene.voice is None or spoken is None else scene.voice.start + spoken
    if scene.duration != "auto":
        if voice_end > scene.duration:
            message = (
                f"is spoken until {voice_end:.1f} s, and its scene is only {scene.duration:g} s long; "
                'write "duration": "auto", or fewer words'
            )
            raise VoiceError(f"/scenes/{number}/voice/text", message, code="VOICE_TOO_LONG")
        return scene.duration
    ends = [
        element.start + (element.duration or clip_seconds(element.trim, speed_of(element), media[element.src]))
        for element in scene.elements
        if plays(element)
    ]
    if voice_end:
        ends.append(voice_end + max(VOICE_PAUSE, request.transition_after(number).seconds))
    return max([*ends, 1 / request.output.fps]) if ends else request.theme.scene_seconds


def plays(element: AnyElement) -> TypeGuard[VideoElement | AudioElement]:
    """Whether it is a file that plays as time passes."""
    return element.type in ("video", "audio")


def speed_of(element: VideoElement | AudioElement) -> float:
    """How fast it plays; 1 is as it was recorded."""
    return element.speed if element.type == "video" else 1.0


def _element_spans(scene: Scene, frames: int, fps: int) -> tuple[ElementSpan, ...]:
    spans = []
    for index, element in enumerate(scene.elements):
        if element.type == "audio":
            continue
        first = _frame(element.start, fps)
        end = frames if element.duration is None else min(frames, _frame(element.start + element.duration, fps))
        if first < end:
            spans.append(ElementSpan(index, first, end - first))
    return tuple(spans)


def _sounds(
    request: VideoRequest,
    scenes: list[SceneSpan],
    fps: int,
    media: Mapping[str, MediaFacts],
    spoken: Mapping[int, float],
) -> list[Sound]:
    sounds = []
    total = scenes[-1].end / fps
    before = 0.0
    for span in scenes:
        after = span.overlap / fps
        for index, element in enumerate(request.scenes[span.index].elements):
            if not plays(element) or not media[element.src].has_audio:
                continue
            length = clip_seconds(element.trim, speed_of(element), media[element.src])
            room = span.frames / fps - element.start
            loops = element.type == "video" and element.loop and length > 0
            period = frames_of_run(length, fps) / fps if loops else 0.0
            once = room if loops else length
            length = min(room, once if element.duration is None else min(element.duration, once))
            if length <= 0 or element.volume == 0:
                continue
            own = (element.fade_in, element.fade_out) if element.type == "audio" else (0.0, 0.0)
            # What sounds across the edge of a scene is crossfaded as its picture is.
            fade_in = before if element.start == 0 else 0.0
            fade_out = after if length >= room - after else 0.0
            sounds.append(
                Sound(
                    element.src,
                    span.first / fps + element.start,
                    length,
                    element.trim.start,
                    speed_of(element),
                    element.volume,
                    max(own[0], fade_in),
                    max(own[1], fade_out),
                    period=period,
                    pointer=source_pointer(request, span.index, index),
                )
            )
        voice = request.scenes[span.index].voice
        if voice and voice.volume > 0 and span.index in spoken:
            # Not faded with the picture: each word is to be understood.
            at, length = span.first / fps + voice.start, spoken[span.index]
            sounds.append(Sound(voice_source(span.index), at, length, volume=voice.volume))
        before = after
    track = request.soundtrack
    if track and track.volume > 0:
        once = media[track.src].seconds
        loops = track.loop and once < total
        sounds.append(
            Sound(
                track.src,
                0.0,
                total if loops else min(once, total),
                volume=track.volume,
                fade_in=track.fade_in,
                fade_out=track.fade_out,
                period=once if loops else 0.0,
                ducked=track.ducking,
                pointer="/soundtrack/src",
            )
        )
    return sounds


def _poster_frame(request: VideoRequest, scenes: list[SceneSpan], fps: int) -> int | None:
    """The frame asked for, else the middle of the first scene, where everything has come in."""
    if request.output.poster is None:
        return (scenes[0].frames - scenes[0].overlap) // 2
    if request.output.poster.at == "best":
        return None
    return min(_frame(request.output.poster.at, fps), scenes[-1].end - 1)


def _frame(seconds: float, fps: int) -> int:
    # 1e-6 of a frame absorbs what adding decimal fractions leaves behind, so that halves round alike.
    return int(seconds * fps + 0.5 + 1e-6)
