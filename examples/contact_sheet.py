"""Frames of a video side by side in one picture, as in docs/images: `python -m examples.contact_sheet VIDEO PICTURE`.

python -m examples.contact_sheet .local/demo/winter.mp4 docs/images/winter.jpg --at 2.6 6 10.5 15.5 19.5 24
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

GAP = 8
GAP_COLOR = (11, 22, 42)


def frame(video: Path, seconds: float, size: tuple[int, int]) -> Image.Image:
    """The frame of the video at this time, scaled."""
    pick = ("-ss", str(seconds), "-i", str(video), "-frames:v", "1")
    scaled = f"scale={size[0]}:{size[1]}:flags=lanczos"
    command = [get_ffmpeg_exe(), "-v", "error", *pick, "-vf", scaled, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return Image.fromarray(np.frombuffer(raw, np.uint8).reshape(size[1], size[0], 3))


def sheet(video: Path, times: list[float], columns: int, width: int, shape: float = 9 / 16) -> Image.Image:
    """The frames in rows of ``columns``, each ``width`` pixels wide; ``shape`` is their height by their width."""
    size = width, round(width * shape)
    rows = -(-len(times) // columns)
    whole = (columns * (width + GAP) - GAP, rows * (size[1] + GAP) - GAP)
    picture = Image.new("RGB", whole, GAP_COLOR)
    for number, seconds in enumerate(times):
        row, column = divmod(number, columns)
        picture.paste(frame(video, seconds, size), (column * (width + GAP), row * (size[1] + GAP)))
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description="Put frames of a 16:9 video side by side.")
    parser.add_argument("video", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--at", type=float, nargs="+", required=True, metavar="SECONDS")
    parser.add_argument("--columns", type=int, default=3)
    parser.add_argument("--width", type=int, default=520, help="of a frame, in pixels (%(default)s)")
    options = parser.parse_args()
    picture = sheet(options.video, options.at, options.columns, options.width)
    picture.save(options.picture, quality=82, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
