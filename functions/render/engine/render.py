"""The whole render: fetch, probe, timeline, sound, frames, encode. Everything is written below one folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
from PIL import Image

from reelqueue.spec_request import VideoRequest
from render.engine import audio, compose
from render.engine.assets import Fetch, gather
from render.engine.control import Control
from render.engine.encode import encode
from render.engine.planes import Frame
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.snow import Snow
from render.engine.stage import Material
from render.engine.timeline import make_timeline


@dataclass(frozen=True)
class Rendered:
    """A finished video. ``duration`` is in seconds, ``bytes`` is the size of the video file."""

    video: Path
    poster: Path
    duration: float
    width: int
    height: int
    bytes: int


def render(
    request: VideoRequest, workdir: Path, *, fetch: Fetch, control: Control, ffmpeg: str | None = None
) -> Rendered:
    """Render a request.

    Args:
        request: what to show, as accepted.
        workdir: an existing folder of this render's own; the caller removes it.
        fetch: brings a source to a local file, or raises ``FetchError``.
        control: takes the progress, and stops the render from another thread.
        ffmpeg: the program; by default ``IMAGEIO_FFMPEG_EXE``, else the one that imageio-ffmpeg carries.

    Raises:
        AssetError: a file is missing, broken or of the wrong type; names the scene and the element.
        RenderError: anything else that keeps the video from being made.
        Stopped: the caller asked to stop. No process is left.
    """
    control.check()
    # The encoder fills the other cores; more threads of our own only wait for each other (measured: 8.9 ms
    # of CPU for a frame of snow with two threads, 4.3 ms with one).
    cv2.setNumThreads(max(1, (os.cpu_count() or 1) // 2))
    tool = Ffmpeg(find_ffmpeg(ffmpeg), control, workdir)
    assets = gather(request, workdir, fetch, tool)
    timeline = make_timeline(request, assets.media)
    sound = workdir / "sound.f32"
    peak = audio.mix(timeline, assets.paths, sound, tool)
    size = (request.output.width, request.output.height)
    snow = Snow(*size) if request.theme.decoration == "snow" else None
    video, poster = workdir / "video.mp4", workdir / "poster.jpg"
    frames = compose.frames(Material(request, timeline, assets, tool, snow))
    encode(
        _with_poster(frames, timeline.poster_frame, poster),
        timeline,
        sound,
        peak,
        video,
        size=size,
        quality=request.output.quality,
        ffmpeg=tool,
    )
    control.advance(100)
    return Rendered(video, poster, timeline.seconds, *size, video.stat().st_size)


def _with_poster(frames: Iterator[Frame], wanted: int, target: Path) -> Iterator[Frame]:
    """Let the frames pass, and keep one of them as a picture."""
    for number, frame in enumerate(frames):
        if number == wanted:
            Image.fromarray(frame.rgb()).save(target, "JPEG", quality=90)
        yield frame
