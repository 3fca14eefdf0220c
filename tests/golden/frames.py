"""The frames of a case, by the engine that renders videos, without encoding them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reelqueue.spec import VideoRequest, parse_request
from render.engine.assets import gather
from render.engine.caption_art import draw_captions
from render.engine.compose import Composer
from render.engine.control import Control
from render.engine.cues import cues_of
from render.engine.drawings import Drawings
from render.engine.material import Material
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.segments import make_segments
from render.engine.text import draw_texts
from render.engine.timeline import make_timeline

from .cases import Case, Scene

FPS = 20


def strip(case: Case, media: Path, folder: Path) -> NDArray[np.uint8]:
    """The frames of a case side by side (height, width, RGB)."""
    request = request_of(case.theme, case.scenes, case.size, FPS)
    return np.concatenate(frames(request, case.times, media, folder), axis=1)


def request_of(theme: object, scenes: Sequence[Scene], size: tuple[int, int], fps: int) -> VideoRequest:
    """The request for a video of these scenes."""
    output = {"width": size[0], "height": size[1], "fps": fps}
    body = {"webhookUrl": "https://app.example.com/hook", "theme": theme, "scenes": list(scenes), "output": output}
    return parse_request(body)


def frames(request: VideoRequest, times: Sequence[float], media: Path, folder: Path) -> list[NDArray[np.uint8]]:
    """The frames of a request at these times (seconds), RGB; ``asset:<name>`` lies in ``media``."""

    def fetch(src: str, target: Path, check: Callable[[], None]) -> None:
        shutil.copy(media / src.removeprefix("asset:"), target)

    assets = gather(request, folder, fetch, Ffmpeg(find_ffmpeg(None), Control(), folder))
    timeline = make_timeline(request, assets.media)
    segments = make_segments(timeline)
    drawings = Drawings(folder)
    draw_texts(request, drawings)
    draw_captions(request, cues_of(request, timeline, assets), timeline.fps, drawings)
    composer = Composer(Material.of(request, timeline, assets, drawings))
    found = []
    for seconds in times:
        number = round(seconds * timeline.fps)
        segment = next(each for each in segments if each.first <= number < each.end)
        found.append(composer.frame(segment, number - segment.first).rgb())
    composer.close()
    return found
