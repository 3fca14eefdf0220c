"""Other ways to the same video, each as a program of its own, and what they are compared with.

    python -m bench.rivals ours|frames|moviepy <workload> <folder>

The commands of ffmpeg are made here too. Titles are drawn and snow is rendered beforehand for the rivals, uncounted:
that is to their advantage. MoviePy gets no snow at all.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import moviepy
import numpy as np
from PIL import Image

from bench.workloads import FADE, FPS, PICTURES, SIZE, WORKLOADS, Workload, ffmpeg
from reelqueue.spec import VideoRequest, parse_request
from reelqueue.spec_scenes import TextElement
from render.engine import Control, render
from render.engine.assets import Assets, gather
from render.engine.backdrop import background
from render.engine.compose import Composer
from render.engine.encode import Encoding
from render.engine.geometry import place
from render.engine.planes import Frame, paint
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.segments import make_segments
from render.engine.snow import Snow
from render.engine.stage import Material
from render.engine.text import draw, draw_texts
from render.engine.timeline import Timeline, make_timeline

ENTER = 0.4
_RAW = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS))
FRAME_BYTES = SIZE[0] * SIZE[1] * 3 // 2


@dataclass(frozen=True)
class Title:
    """A title as a picture, and its place."""

    path: Path
    x: int
    y: int


def encoding() -> list[str]:
    """The arguments of ffmpeg for what the engine's encoder is set to."""
    options = Encoding(*SIZE, FPS, "medium").options
    return ["-c:v", "libx264", *(word for name, value in options.items() for word in (f"-{name}", value))]


def encode_only(frames: Path, target: Path) -> list[str]:
    """The limit: one ffmpeg with automatic threads encodes the finished frames."""
    return [find_ffmpeg(None), "-y", "-v", "error", *_RAW, "-i", str(frames), *encoding(), str(target)]


def encode_split(frames: Path, target: Path) -> list[str]:
    """The same over as many processes as there are cores, with one thread each."""
    parts = os.cpu_count() or 1
    whole = frames.stat().st_size // FRAME_BYTES
    cuts = [FRAME_BYTES * (whole * part // parts) for part in range(parts + 1)]
    commands = []
    for part in range(parts):
        source = f"subfile,,start,{cuts[part]},end,{cuts[part + 1]},,:{frames}"
        output = target.with_stem(f"{target.stem}-{part}")
        command = [find_ffmpeg(None), "-y", "-nostdin", "-v", "error", *_RAW, "-i", source, *encoding()]
        commands.append(shlex.join([*command, "-threads", "1", str(output)]))
    return ["sh", "-c", " & ".join(commands) + " & wait"]


def transcode(workload: Workload, folder: Path, target: Path) -> list[str]:
    """The limit for clips: ffmpeg decodes them one after the other, and encodes."""
    inputs = [word for number in range(workload.scenes) for word in _clip(workload, folder, number)]
    joined = "".join(f"[{number}:v]" for number in range(workload.scenes)) + f"concat=n={workload.scenes}[v]"
    graph = ["-filter_complex", joined, "-map", "[v]", "-t", str(workload.seconds)]
    return [find_ffmpeg(None), "-y", "-v", "error", *inputs, *graph, *encoding(), str(target)]


def filter_graph(workload: Workload, folder: Path, target: Path) -> list[str]:
    """One ffmpeg does all: zoompan, overlay, xfade, amix."""
    inputs: list[str] = []
    steps: list[str] = []
    count = 0

    def add(*arguments: str) -> int:
        nonlocal count
        inputs.extend(arguments)
        count += 1
        return count - 1

    frames = round(workload.scene_seconds * FPS)
    still = ("-loop", "1", "-framerate", str(FPS), "-t", str(workload.scene_seconds))
    for number in range(workload.scenes):
        if workload.kind == "clip":
            clip = add(*_clip(workload, folder, number))
            steps.append(f"[{clip}:v]settb=1/{FPS},format=yuv420p[s{number}]")
            continue
        if workload.kind == "text":
            below = f"[{add(*still, '-i', str(folder / 'ground.png'))}:v]"
        elif workload.ken_burns:
            picture = add("-i", str(folder / f"picture-{number % PICTURES}.jpg"))
            at = f"on/{frames}" if number % 2 == 0 else f"(1-on/{frames})"
            middle = "x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
            zoom = f"zoompan=z='1+{workload.ken_burns}*{at}':{middle}:d={frames}:s={SIZE[0]}x{SIZE[1]}:fps={FPS}"
            steps.append(f"[{picture}:v]{zoom}[z{number}]")
            below = f"[z{number}]"
        else:
            picture = add(*still, "-i", str(folder / f"picture-{number % PICTURES}.jpg"))
            steps.append(f"[{picture}:v]scale={SIZE[0]}:{SIZE[1]}[z{number}]")
            below = f"[z{number}]"
        title = _titles(workload, folder)[number]
        over = add(*still, "-i", str(title.path))
        steps.append(f"[{over}:v]format=yuva420p,fade=in:d={ENTER}:alpha=1[t{number}]")
        steps.append(f"{below}[t{number}]overlay={title.x}:{title.y},settb=1/{FPS},format=yuv420p[s{number}]")
    last = "[s0]"
    for number in range(1, workload.scenes):
        offset = number * (workload.scene_seconds - FADE)
        steps.append(f"{last}[s{number}]xfade=fade:duration={FADE}:offset={offset:.3f}[x{number}]")
        last = f"[x{number}]"
    if workload.kind == "text":
        snow = add("-i", str(folder / "snow.mp4"))
        white = f"color=white:s={SIZE[0]}x{SIZE[1]}:r={FPS}:d={workload.seconds}"
        steps.append(f"{white}[w];[{snow}:v]format=gray[m];[w][m]alphamerge,format=yuva420p[f]")
        steps.append(f"{last}[f]overlay[v]")
        last = "[v]"
    music = add("-i", str(folder / "music.wav"))
    sound = ("-map", f"{music}:a", "-af", "volume=0.5", "-c:a", "aac", "-b:a", "192k")
    graph = ("-filter_complex", ";".join(steps), "-map", last, *sound, "-t", str(workload.seconds))
    tags = ("-pix_fmt", "yuv420p", "-movflags", "+faststart")
    return [find_ffmpeg(None), "-y", "-v", "error", *inputs, *graph, *encoding(), *tags, str(target)]


def with_moviepy(workload: Workload, folder: Path, target: Path) -> None:
    """The same video as MoviePy's documentation teaches it."""
    clips = []
    for number in range(workload.scenes):
        length = workload.scene_seconds
        if workload.kind == "clip":
            shown = moviepy.VideoFileClip(str(folder / f"clip-{number % PICTURES}.mp4")).subclipped(0, length)
            clips.append(shown)
            continue
        name = "ground.png" if workload.kind == "text" else f"picture-{number % PICTURES}.jpg"
        ground = moviepy.ImageClip(str(folder / name)).resized(new_size=SIZE).with_duration(length)
        if workload.ken_burns:
            ground = ground.resized(_growth(workload.ken_burns, length, inwards=number % 2 == 0))
        title = _titles(workload, folder)[number]
        text = moviepy.ImageClip(str(title.path)).with_duration(length).with_position((title.x, title.y))
        text = text.with_effects([moviepy.vfx.CrossFadeIn(ENTER)])
        clips.append(moviepy.CompositeVideoClip([ground.with_position("center"), text], size=SIZE))
    faded = [clips[0], *(clip.with_effects([moviepy.vfx.CrossFadeIn(FADE)]) for clip in clips[1:])]
    video = moviepy.concatenate_videoclips(faded, padding=-FADE, method="compose")
    video = video.with_audio(moviepy.AudioFileClip(str(folder / "music.wav")).subclipped(0, workload.seconds))
    options = Encoding(*SIZE, FPS, "medium").options
    arguments = ["-crf", options["crf"], "-x264-params", options["x264-params"]]
    settings = {"preset": options["preset"], "ffmpeg_params": arguments, "logger": None, "audio_codec": "aac"}
    video.write_videofile(str(target), fps=FPS, codec="libx264", threads=os.cpu_count(), **settings)


def _growth(amount: float, length: float, *, inwards: bool) -> Callable[[float], float]:
    return lambda t: 1 + amount * (t / length if inwards else 1 - t / length)


def _clip(workload: Workload, folder: Path, number: int) -> list[str]:
    return ["-t", str(workload.scene_seconds), "-i", str(folder / f"clip-{number % PICTURES}.mp4")]


def ours(workload: Workload, folder: Path) -> None:
    """The engine, from the request to the file."""
    with _empty(folder / "work") as work:
        render(parse_request(workload.body), work, fetch=_fetch(folder), control=Control())
        shutil.move(work / "video.mp4", folder / "ours.mp4")


def frames(workload: Workload, folder: Path) -> None:
    """The engine's frames before they are encoded, and what the rivals need drawn beforehand."""
    with _empty(folder / "work") as work:
        request, timeline, assets = _prepared(workload, folder, work)
        letterings = draw_texts(request, work, lambda: None)
        composer = Composer(Material.of(request, timeline, assets, letterings))
        with (folder / "frames.yuv").open("wb") as raw:
            for segment in make_segments(timeline):
                for number in range(segment.frames):
                    raw.write(composer.frame(segment, number).buffer.tobytes())
        composer.close()
    if workload.kind == "text":
        ground = Frame(*SIZE)
        paint(ground, background(request.scenes[0], request.theme, SIZE), 0, 0)
        Image.fromarray(ground.rgb()).save(folder / "ground.png")
        _save_snow(folder, timeline.frames)
    if workload.kind != "clip":
        for number, title in enumerate(_titles(workload, folder)):
            Image.fromarray(draw(_text(request, number), request.theme, SIZE).rgba).save(title.path)


def _save_snow(folder: Path, count: int) -> None:
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


def _titles(workload: Workload, folder: Path) -> list[Title]:
    request = parse_request(workload.body)
    titles = []
    for number in range(workload.scenes):
        element = _text(request, number)
        block = draw(element, request.theme, SIZE)
        style = getattr(request.theme.styles, element.style)
        box = place(element, block.size, SIZE, margin=round(request.theme.safe_area * SIZE[1]), default=style.position)
        titles.append(Title(folder / f"title-{number}.png", box.x - block.spread, box.y - block.spread))
    return titles


def _text(request: VideoRequest, scene: int) -> TextElement:
    return next(element for element in request.scenes[scene].elements if isinstance(element, TextElement))


def _prepared(workload: Workload, folder: Path, work: Path) -> tuple[VideoRequest, Timeline, Assets]:
    request = parse_request(workload.body)
    assets = gather(request, work, _fetch(folder), Ffmpeg(find_ffmpeg(None), Control(), work))
    return request, make_timeline(request, assets.media), assets


def _fetch(folder: Path) -> Callable[[str, Path, Callable[[], None]], None]:
    return lambda src, target, check: target.symlink_to(folder / src.removeprefix("asset:"))


@contextmanager
def _empty(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def main(way: str, name: str, folder: Path) -> None:
    workload = WORKLOADS[name]
    if way == "moviepy":
        with_moviepy(workload, folder, folder / "moviepy.mp4")
    else:
        {"ours": ours, "frames": frames}[way](workload, folder)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
