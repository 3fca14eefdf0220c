"""The gallery: every request in ``examples/gallery`` rendered, a sheet of frames of each, and a page with the videos.

python -m examples.gallery                # all, as `make gallery` does
python -m examples.gallery theme-neon     # some
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from examples.contact_sheet import sheet
from reelqueue.spec import VideoRequest, overlap_seconds, parse_request, scene_seconds
from render.engine.assets import FetchError
from render.engine.control import Control
from render.engine.crew import Crew
from render.engine.render import render
from render.espeak import Espeak

ROOT = Path(__file__).parents[1]
REQUESTS = ROOT / "examples" / "gallery"
ASSETS = ROOT / "examples" / "assets"
VIDEOS = ROOT / ".local" / "gallery"
SHEETS = ROOT / "docs" / "gallery"

LOUDNESS, MOST_PEAK = (-15.0, -13.0), -1.0
"""What a video with sound is held to: LUFS integrated, and dBTP."""

FRAMES, COLUMNS, WIDTH = 6, 3, 320


@dataclass(frozen=True)
class Piece:
    """A rendered request: its video, how long it is (seconds) and took, how loud it is, how far its ends lie apart."""

    name: str
    video: Path
    seconds: float
    took: float
    loudness: float | None
    peak: float | None
    apart: float
    moments: tuple[float, ...]
    """When its scenes show what they have to show."""

    @property
    def complaints(self) -> list[str]:
        """What is not as it should be."""
        wrong = []
        if self.loudness is not None and not LOUDNESS[0] <= self.loudness <= LOUDNESS[1]:
            wrong.append(f"{self.loudness} LUFS, not {LOUDNESS[0]} to {LOUDNESS[1]}")
        if self.peak is not None and self.peak > MOST_PEAK:
            wrong.append(f"a true peak of {self.peak} dBTP, over {MOST_PEAK}")
        if abs(self.apart) > 1:
            wrong.append(f"sound and picture end {self.apart:.2f} frames apart")
        return wrong


def rendered(path: Path) -> Piece:
    """Render a request by the engine of the service."""
    request = parse_request(json.loads(path.read_text(encoding="utf-8")))

    def fetch(src: str, target: Path, check: Callable[[], None]) -> None:
        check()
        source = ASSETS / src.removeprefix("asset:")
        if not source.exists():
            raise FetchError(f"{src} is not in {ASSETS}")
        shutil.copy(source, target)

    VIDEOS.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Crew(Control(), Path(folder)) as crew:
        made = render(request, crew, fetch=fetch, speaker=Espeak())
        took = time.monotonic() - start
        video = VIDEOS / f"{path.stem}{made.video.suffix}"
        shutil.copy(made.video, video)
        shutil.copy(made.poster, VIDEOS / f"{path.stem}.jpg")
    loudness, peak = measured(video)
    picture, sound = ends(video)
    apart = 0.0 if sound is None else (sound - picture) * request.output.fps
    return Piece(path.stem, video, made.duration, took, loudness, peak, apart, moments(request, made.duration))


def moments(request: VideoRequest, seconds: float) -> tuple[float, ...]:
    """Times at which to look at a video: late in its scenes, or evenly spread where their lengths lie in files."""
    lengths = [scene_seconds(scene, request.theme) for scene in request.scenes]
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        return tuple(seconds * (number + 0.5) / FRAMES for number in range(FRAMES))
    start, found = 0.0, []
    for index, length in enumerate(known):
        following = known[index + 1] if index + 1 < len(known) else length
        overlap = overlap_seconds(request.transition_after(index), length, following)
        found.append(start + (length - overlap) * 0.8)
        start += length - overlap
    count = min(FRAMES, len(found))
    return tuple(found[number * len(found) // count] for number in range(count))


def measured(video: Path) -> tuple[float | None, float | None]:
    """Loudness (LUFS) and true peak (dBTP) by ffmpeg's ``ebur128``; None where there is no sound, or silence."""
    command = [get_ffmpeg_exe(), "-hide_banner", "-i", str(video), "-af", "ebur128=peak=true", "-f", "null", "-"]
    report = subprocess.run(command, check=False, capture_output=True, text=True).stderr
    summary = report.rpartition("Summary:")[2]
    loud, peak = re.search(r"I:\s+(-?[\d.]+) LUFS", summary), re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    if loud is None or peak is None or float(loud[1]) < -69:
        return None, None
    return float(loud[1]), float(peak[1])


def ends(video: Path) -> tuple[float, float | None]:
    """When the picture and the sound end, in seconds."""
    found: dict[str, float] = {}
    with av.open(str(video)) as file:
        for packet in file.demux():
            if packet.pts is not None and packet.time_base is not None:
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                kind = packet.stream.type
                found[kind] = max(found.get(kind, 0.0), end)
    return found["video"], found.get("audio")


def save_sheet(piece: Piece) -> None:
    """Frames of a video in a picture for the docs."""
    with av.open(str(piece.video)) as file:
        stream = file.streams.video[0]
        shape = stream.height / stream.width
    columns = COLUMNS if shape < 1 else FRAMES
    width = WIDTH if shape < 1 else WIDTH // 2
    SHEETS.mkdir(parents=True, exist_ok=True)
    picture = sheet(piece.video, list(piece.moments), columns, width, shape)
    picture.quantize(256, kmeans=3, dither=Image.Dither.FLOYDSTEINBERG).save(
        SHEETS / f"{piece.name}.png", optimize=True
    )


def save_page(names: list[str]) -> Path:
    """A page with all videos that there are."""
    figures = []
    for name in names:
        video = next(
            iter(sorted(path for path in VIDEOS.glob(f"{name}.*") if path.suffix in (".mp4", ".webm", ".gif"))), None
        )
        if video is None:
            continue
        shown = (
            f'<img src="{video.name}" alt="{name}">'
            if video.suffix == ".gif"
            else f'<video src="{video.name}" poster="{name}.jpg" controls loop preload="none"></video>'
        )
        source = f'<a href="../../examples/gallery/{name}.json">the request</a>'
        figures.append(f"<figure>{shown}<figcaption>{name}: {source}</figcaption></figure>")
    page = VIDEOS / "index.html"
    page.write_text(_PAGE.replace("FIGURES", "\n".join(figures)), encoding="utf-8")
    return page


_PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Reelqueue: the gallery</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; background: #10151f; color: #e8edf5 }
main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)) }
figure { margin: 0 }
video, img { width: 100%; max-height: 24rem; object-fit: contain; background: #000; border-radius: 8px }
a { color: #9bdcff }
</style>
<h1>The gallery</h1>
<main>
FIGURES
</main>
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Render the gallery.")
    parser.add_argument("names", nargs="*", help="names of requests (all)")
    names = parser.parse_args().names or sorted(path.stem for path in REQUESTS.glob("*.json"))
    wrong = 0
    print(f"{'request':20} {'seconds':>8} {'took':>6} {'LUFS':>7} {'dBTP':>6} {'ends':>6}")
    for name in names:
        piece = rendered(REQUESTS / f"{name}.json")
        save_sheet(piece)
        sound = f"{piece.loudness:7.1f} {piece.peak:6.1f}" if piece.loudness is not None else f"{'-':>7} {'-':>6}"
        print(
            f"{name:20} {piece.seconds:8.2f} {piece.took:6.1f} {sound} {piece.apart:6.2f}",
            *piece.complaints,
            flush=True,
        )
        wrong += len(piece.complaints)
    print(save_page(sorted(path.stem for path in REQUESTS.glob("*.json"))))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
