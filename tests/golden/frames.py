"""The frames of a case, by the engine that renders videos, without encoding them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reelqueue.spec import parse_request
from render.engine import Control
from render.engine.assets import gather
from render.engine.caption_art import draw_captions
from render.engine.compose import Composer
from render.engine.cues import cues_of
from render.engine.material import Material
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.segments import make_segments
from render.engine.text import draw_texts
from render.engine.timeline import make_timeline

from .cases import Case

FPS = 20


def strip(case: Case, media: Path, folder: Path) -> NDArray[np.uint8]:
    """The frames of a case side by side (height, width, RGB)."""
    output = {"width": case.size[0], "height": case.size[1], "fps": FPS}
    body = {"webhookUrl": "https://app.example.com/hook", "theme": case.theme, "scenes": case.scenes, "output": output}
    body["scenes"] = list(case.scenes)
    request = parse_request(body)

    def fetch(src: str, target: Path, check: Callable[[], None]) -> None:
        shutil.copy(media / src.removeprefix("asset:"), target)

    assets = gather(request, folder, fetch, Ffmpeg(find_ffmpeg(None), Control(), folder))
    timeline = make_timeline(request, assets.media)
    segments = make_segments(timeline)
    letterings = draw_texts(request, folder, lambda: None)
    captions = draw_captions(request, cues_of(request, timeline, assets), FPS, folder, lambda: None)
    composer = Composer(Material.of(request, timeline, assets, letterings, captions))
    frames = []
    for seconds in case.times:
        number = round(seconds * FPS)
        segment = next(each for each in segments if each.first <= number < each.end)
        frames.append(composer.frame(segment, number - segment.first).rgb())
    composer.close()
    return np.concatenate(frames, axis=1)
