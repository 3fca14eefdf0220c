"""A workload as MoviePy's documentation teaches it. Snow is left out, to its advantage.

python -m bench.with_moviepy <workload> <folder>
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import moviepy

from bench.frames import titles
from bench.workloads import ENTER, FADE, FPS, SIZE, WORKLOADS, Workload, is_clip
from render.engine.encode import Encoding


def with_moviepy(workload: Workload, folder: Path, target: Path) -> None:
    """Render it into a file."""
    length, clips = workload.scene_seconds, []
    drawn = titles(workload, folder)
    for number, shown in enumerate(workload.shows):
        if is_clip(shown):
            clips.append(moviepy.VideoFileClip(str(folder / shown)).subclipped(0, length).resized(new_size=SIZE))
            continue
        ground = _wide(moviepy.ImageClip(str(folder / (shown or "ground.png")))).resized(new_size=SIZE)
        ground = ground.with_duration(length)
        if workload.ken_burns:
            ground = ground.resized(_growth(workload.ken_burns, length, inwards=number % 2 == 0))
        path, x, y = drawn[number]
        text = moviepy.ImageClip(str(path)).with_duration(length).with_position((x, y))
        text = text.with_effects([moviepy.vfx.CrossFadeIn(ENTER)])
        clips.append(moviepy.CompositeVideoClip([ground.with_position("center"), text], size=SIZE))
    faded = [clips[0], *(clip.with_effects([moviepy.vfx.CrossFadeIn(FADE)]) for clip in clips[1:])]
    video = moviepy.concatenate_videoclips(faded, padding=-FADE, method="compose")
    music = moviepy.AudioFileClip(str(folder / "music.wav")).subclipped(0, workload.seconds)
    music = music.with_effects([moviepy.afx.MultiplyVolume(0.5)])
    sounds = [video.audio, music] if video.audio else [music]
    video = video.with_audio(moviepy.CompositeAudioClip(sounds))
    options = Encoding(*SIZE, FPS, "medium").setting.options(FPS)
    arguments = ["-crf", options["crf"], "-x264-params", options["x264-params"]]
    settings = {"preset": options["preset"], "ffmpeg_params": arguments, "logger": None, "audio_codec": "aac"}
    # Where it keeps its sound meanwhile: else in the folder that it was called from.
    settings["temp_audiofile_path"] = str(target.parent)
    video.write_videofile(str(target), fps=FPS, codec="libx264", threads=os.cpu_count(), **settings)


def _wide(picture: Any) -> Any:
    """The middle of a picture, as wide for its height as the video."""
    width, height = picture.size
    seen = {"width": min(width, height * 16 / 9), "height": min(height, width * 9 / 16)}
    return picture.cropped(x_center=width / 2, y_center=height / 2, **seen)


def _growth(amount: float, length: float, *, inwards: bool) -> Callable[[float], float]:
    return lambda t: 1 + amount * (t / length if inwards else 1 - t / length)


if __name__ == "__main__":
    with_moviepy(WORKLOADS[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[2]) / "moviepy.mp4")
