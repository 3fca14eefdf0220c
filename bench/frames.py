"""The frames of a workload before they are encoded: what the limit encodes, and what ours is held against.

python -m bench.frames <workload> <folder>
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from bench.workloads import FPS, SIZE, WORKLOADS, Workload, ffmpeg
from reelqueue.spec import parse_request
from reelqueue.spec_request import VideoRequest
from reelqueue.spec_scenes import TextElement
from render.engine.assets import gather
from render.engine.backdrop import background
from render.engine.compose import Composer
from render.engine.control import Control
from render.engine.drawings import Drawings
from render.engine.frame import Frame
from render.engine.geometry import place
from render.engine.material import Material
from render.engine.planes import paint
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.segments import make_segments
from render.engine.snow import Snow
from render.engine.text import draw, draw_texts
from render.engine.timeline import make_timeline

RAW = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS))
FRAME_BYTES = SIZE[0] * SIZE[1] * 3 // 2


def write_frames(workload: Workload, folder: Path, target: Path) -> None:
    """All frames, as the engine paints them."""
    request = parse_request(workload.body)
    with _empty(folder / "work") as work, target.open("wb") as raw:

        def fetch(src: str, target: Path, check: object) -> None:
            target.symlink_to(folder / src.removeprefix("asset:"))

        assets = gather(request, work, fetch, Ffmpeg(find_ffmpeg(None), Control(), work))
        timeline = make_timeline(request, assets.media)
        drawings = Drawings(work)
        draw_texts(request, drawings)
        composer = Composer(Material.of(request, timeline, assets, drawings))
        for segment in make_segments(timeline):
            for number in range(segment.frames):
                raw.write(composer.frame(segment, number).buffer.tobytes())
        composer.close()


def draw_for_rivals(workload: Workload, folder: Path) -> None:
    """Titles, the ground of texts and snow, as files: what the rivals could not draw alike."""
    request = parse_request(workload.body)
    for number, (path, _, _) in titles(workload, folder).items():
        Image.fromarray(draw(_text(request, number), request.theme, SIZE).rgba).save(path)
    if not any(workload.shows):
        ground = Frame(*SIZE)
        paint(ground, background(request.scenes[0], request.theme, SIZE), 0, 0)
        Image.fromarray(ground.rgb()).save(folder / "ground.png")
        _save_snow(folder, round(workload.seconds * FPS))


def titles(workload: Workload, folder: Path) -> dict[int, tuple[Path, int, int]]:
    """By scene: the file of its title, and its place."""
    request = parse_request(workload.body)
    found = {}
    for number, scene in enumerate(request.scenes):
        if any(isinstance(element, TextElement) for element in scene.elements):
            element = _text(request, number)
            block = draw(element, request.theme, SIZE)
            style = getattr(request.theme.styles, element.style)
            margin = round(request.theme.safe_area * SIZE[1])
            box = place(element, block.size, SIZE, margin=margin, default=style.position)
            found[number] = (folder / f"title-{number}.png", box.x - block.spread, box.y - block.spread)
    return found


@contextmanager
def _empty(folder: Path) -> Iterator[Path]:
    """A folder with nothing in it, gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _text(request: VideoRequest, scene: int) -> TextElement:
    return next(element for element in request.scenes[scene].elements if isinstance(element, TextElement))


def _save_snow(folder: Path, count: int) -> None:
    """A clip of falling snow, white on black."""
    falling, raw = Snow(*SIZE), folder / "snow.yuv"
    with raw.open("wb") as file:
        for number in range(count):
            black = Frame(*SIZE)
            black.u[:] = black.v[:] = 128
            falling.paint(black, number / FPS)
            # Luma of white is 235: as cover that is 255.
            file.write(np.minimum(black.y.astype(np.uint16) * 255 // 235, 255).astype(np.uint8).tobytes())
    size = f"{SIZE[0]}x{SIZE[1]}"
    source = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", size, "-r", str(FPS), "-i", str(raw))
    ffmpeg(*source, "-c:v", "libx264", "-preset", "fast", "-crf", "16", "-pix_fmt", "yuv420p", str(folder / "snow.mp4"))
    raw.unlink()


if __name__ == "__main__":
    chosen, place_of_files = WORKLOADS[sys.argv[1]], Path(sys.argv[2])
    write_frames(chosen, place_of_files, place_of_files / "frames.yuv")
    draw_for_rivals(chosen, place_of_files)
