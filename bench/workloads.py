"""What the renders of the benchmark show, and the files that they need, made here and always the same.

Pictures are noise whose strength falls with its frequency, as in photographs; clips pan over such pictures.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from render.engine.process import find_ffmpeg

SIZE, FPS, FADE = (1920, 1080), 30, 0.5
PICTURES = 5
_OUTPUT = {"resolution": "1080p", "aspectRatio": "16:9", "fps": FPS, "quality": "medium"}


@dataclass(frozen=True)
class Workload:
    """``kind``: what the scenes show, ``picture``, ``clip`` or ``text``; each stands for ``scene_seconds``."""

    name: str
    kind: str
    scenes: int
    scene_seconds: float
    ken_burns: float = 0.0

    @property
    def seconds(self) -> float:
        return self.scenes * self.scene_seconds - (self.scenes - 1) * FADE

    @property
    def body(self) -> dict[str, Any]:
        """The request, as a client would write it."""
        return {
            "webhookUrl": "https://app.example.com/hook",
            "theme": "winter" if self.kind == "text" else "minimal",
            "output": _OUTPUT,
            "soundtrack": {"src": "asset:music.wav", "volume": 0.5},
            "scenes": [self._scene(number) for number in range(self.scenes)],
        }

    def _scene(self, number: int) -> dict[str, Any]:
        scene: dict[str, Any] = {"duration": self.scene_seconds, "transition": {"type": "fade", "duration": FADE}}
        enter = {"type": "fade", "duration": 0.4}
        title = {"type": "text", "text": f"Scene {number + 1}", "style": "title", "enter": enter}
        if self.kind == "text":
            return {**scene, "elements": [title]}
        if self.kind == "clip":
            return {**scene, "elements": [{"type": "video", "src": f"asset:clip-{number % PICTURES}.mp4"}]}
        move = {"direction": "in" if number % 2 == 0 else "out", "amount": self.ken_burns}
        picture = {"type": "image", "src": f"asset:picture-{number % PICTURES}.jpg", "kenBurns": move}
        return {**scene, "elements": [picture, title]}


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("slideshow", "picture", 5, 4.4, ken_burns=0.12),
        Workload("static", "picture", 5, 4.4),
        Workload("clips", "clip", 3, 7.0),
        Workload("text", "text", 5, 4.4),
        Workload("long", "picture", 75, 4.5, ken_burns=0.12),
    )
}


def make_files(folder: Path) -> None:
    """Write all files into a folder."""
    chance = np.random.default_rng(4)
    for number in range(PICTURES):
        Image.fromarray(_noise(2400, 1350, chance)).save(folder / f"picture-{number}.jpg", quality=92)
        pan = f"crop=1920:1080:x={number}*20+n:y=n*2/3"
        video = ("-loop", "1", "-framerate", str(FPS), "-t", "8", "-i", str(folder / f"picture-{number}.jpg"))
        sound = ("-f", "lavfi", "-i", f"sine={220 + 55 * number}:r=48000:d=8")
        coding = ("-c:v", "libx264", "-preset", "fast", "-crf", "18", "-pix_fmt", "yuv420p", "-c:a", "aac")
        ffmpeg(*video, *sound, "-vf", pan, *coding, str(folder / f"clip-{number}.mp4"))
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
