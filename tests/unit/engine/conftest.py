"""Small media made by ffmpeg and Pillow, and a render of them, for the engine's tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reelqueue.spec import parse_request
from render.engine.assets import FetchError
from render.engine.control import Control
from render.engine.crew import Crew
from render.engine.kept import Kept
from render.engine.loudness import Loudness
from render.engine.process import find_ffmpeg
from render.engine.render import Rendered, render
from render.engine.speech import Speaker

WIDTH, HEIGHT, FPS = 320, 180, 25
SMALL = {"width": WIDTH, "height": HEIGHT, "fps": FPS, "quality": "draft"}

Make = Callable[..., "Video"]


def run_ffmpeg(*arguments: str) -> bytes:
    command = [find_ffmpeg(None), "-v", "error", "-y", "-nostdin", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def noise(seed: int, *shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def measured(path: Path) -> Loudness:
    """How loud the sound of a file is, once it has been decoded."""
    command = [find_ffmpeg(None), "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    integrated = float(re.findall(r"\bI:\s+(\S+) LUFS", report)[-1])
    return Loudness(integrated if integrated > -70 else None, float(re.findall(r"\bPeak:\s+(\S+) dBFS", report)[-1]))


@dataclass(frozen=True)
class Video:
    """A rendered video, decoded again by the same ffmpeg that the engine uses."""

    rendered: Rendered
    control: Control

    @property
    def frames(self) -> NDArray[np.uint8]:
        """All frames, RGB: (number, height, width, 3)."""
        raw = run_ffmpeg("-i", str(self.rendered.video), "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
        return np.frombuffer(raw, np.uint8).reshape(-1, self.rendered.height, self.rendered.width, 3)

    @property
    def sound(self) -> NDArray[np.float32]:
        """All samples: (number, channels)."""
        raw = run_ffmpeg("-i", str(self.rendered.video), "-map", "0:a", "-f", "f32le", "pipe:1")
        return np.frombuffer(raw, np.float32).reshape(-1, 2)

    @property
    def report(self) -> str:
        command = [find_ffmpeg(None), "-hide_banner", "-i", str(self.rendered.video)]
        return subprocess.run(command, check=False, capture_output=True, text=True).stderr

    def pixel(self, seconds: float, x: float = 0.5, y: float = 0.5) -> tuple[int, ...]:
        """The colour at this time and place (parts of the picture)."""
        picture = self.frames[int(seconds * FPS)]
        return tuple(int(level) for level in picture[int(y * HEIGHT), int(x * WIDTH)])


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small files: what a test names ``asset:<name>`` lies here."""
    folder = tmp_path_factory.mktemp("media")
    run_ffmpeg(
        *("-f", "lavfi", "-i", "color=0x00C000:s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2"),
        *(
            "-vf",
            "scale=out_color_matrix=bt709,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv",
        ),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(folder / "green.mp4")),
    )
    run_ffmpeg(
        *(
            "-f",
            "lavfi",
            "-i",
            "color=0xC00000:s=160x90:r=25:d=1",
            "-f",
            "lavfi",
            "-i",
            "color=0x0000C0:s=160x90:r=25:d=1",
        ),
        *("-lavfi", "[0][1]concat,scale=out_color_matrix=bt709,setparams=colorspace=bt709:range=tv"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(folder / "red-blue.mp4")),
    )
    run_ffmpeg("-f", "lavfi", "-i", "sine=440:d=1:r=48000", "-ac", "2", str(folder / "tone.wav"))
    run_ffmpeg("-f", "lavfi", "-i", "sine=440:d=0.7:r=44100", "-ac", "2", str(folder / "tone.m4a"))
    Image.new("RGB", (400, 300), "#C00000").save(folder / "red.png")
    quarters = np.zeros((200, 300, 3), np.uint8)
    quarters[:, :150] = (0, 0, 200)
    quarters[:, 150:] = (200, 200, 0)
    turned = Image.fromarray(quarters)
    exif = turned.getexif()
    exif[0x0112] = 6  # the camera was held upright: turn right by 90 degrees
    turned.save(folder / "upright.jpg", exif=exif, quality=95)
    clear = np.zeros((100, 100, 4), np.uint8)
    clear[:50] = (255, 255, 255, 255)
    Image.fromarray(clear).save(folder / "half.png")
    (folder / "broken.mp4").write_bytes((folder / "green.mp4").read_bytes()[:300])
    (folder / "broken.jpg").write_bytes((folder / "upright.jpg").read_bytes()[:1200])
    (folder / "page.html").write_text("<html>not found</html>")
    return folder


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A second of silence, as the engine encodes its sound."""
    target = tmp_path / "sound.m4a"
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "1", "-c:a", "aac", "-f", "mp4", str(target))
    return target


@pytest.fixture
def make(media: Path, tmp_path: Path) -> Make:
    """Render scenes from the folder of media, small and quick."""

    numbers = count()

    def made(
        *scenes: Any,
        control: Control | None = None,
        output: dict[str, Any] | None = None,
        workers: int | None = None,
        kept: Kept | None = None,
        memory_kills: int = 0,
        speaker: Speaker | None = None,
        **fields: Any,
    ) -> Video:
        body = {"webhookUrl": "https://app.example.com/hook", "scenes": list(scenes), "output": SMALL | (output or {})}
        request = parse_request({"theme": "minimal"} | body | fields)
        workdir = tmp_path / f"work-{next(numbers)}"
        workdir.mkdir(exist_ok=True)
        control = control or Control()

        def fetch(src: str, target: Path, check: Callable[[], None]) -> None:
            check()
            source = media / re.sub("^asset:", "", src)
            if not source.exists():
                raise FetchError(f"{src} does not exist; upload it first")
            shutil.copy(source, target)

        how: dict[str, Any] = {"kept": kept, "workers": workers, "memory_kills": memory_kills, "speaker": speaker}
        with Crew(control, workdir) as crew:
            return Video(render(request, crew, fetch=fetch, **how), control)

    return made
