"""Make the pictures, the clip and the sounds in examples/assets: `python -m examples.make_assets [name ...]`.

Nothing is taken from elsewhere: the art/ package beside this file draws and synthesises everything, from fixed seeds.
The files are committed, so nobody has to run this; it takes about eight minutes on two cores.
"""

from __future__ import annotations

import argparse
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from examples.art import clip, pictures, sound

FOLDER = Path(__file__).parent / "assets"
PICTURE = (2560, 1440)
DRAWN = 1.5  # pictures are drawn larger and scaled down, which smooths what is finer than a pixel


def _picture(draw: Callable[[pictures.Size], Image.Image]) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        large = draw((round(PICTURE[0] * DRAWN), round(PICTURE[1] * DRAWN)))
        large.resize(PICTURE, Image.Resampling.LANCZOS).save(target, quality=85, optimize=True, progressive=True)

    return make


def _sound(track: Callable[[], sound.Sound], *encoding: str) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        with TemporaryDirectory() as folder:
            _ffmpeg("-i", _wave(track(), Path(folder)), *encoding, target)

    return make


def _clip(target: Path) -> None:
    with TemporaryDirectory() as folder:
        track = _wave(sound.evening(clip.SECONDS), Path(folder))
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{clip.WIDTH}x{clip.HEIGHT}", "-r", str(clip.FPS))
        colour = (
            "scale=out_color_matrix=bt709,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
        )
        video = ("-vf", colour, "-c:v", "libx264", "-preset", "slow", "-crf", "27", "-pix_fmt", "yuv420p")
        _ffmpeg(*raw, "-i", "-", "-i", track, *video, "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", target,
                frames=(frame.tobytes() for frame in clip.frames()))  # fmt: skip


def _wave(track: sound.Sound, folder: Path) -> Path:
    path = folder / "track.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(sound.RATE)
        file.writeframes((np.clip(track, -1, 1) * 32767).round().astype("<i2").tobytes())
    return path


def _ffmpeg(*arguments: str | Path, frames: object = ()) -> None:
    command = [get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments[:-1]), "-fflags", "+bitexact"]
    with subprocess.Popen([*command, str(arguments[-1])], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames:  # type: ignore[attr-defined]
            process.stdin.write(frame)
    if process.returncode:
        raise SystemExit(f"ffmpeg could not make {arguments[-1]}")


ASSETS: dict[str, Callable[[Path], None]] = {
    "sunrise.jpg": _picture(pictures.sunrise),
    "aurora.jpg": _picture(pictures.northern_lights),
    "cabin.jpg": _picture(pictures.blue_hour),
    "village.mp4": _clip,
    "music.m4a": _sound(sound.music, "-c:a", "aac", "-b:a", "112k"),
    "chime.m4a": _sound(sound.chime, "-c:a", "aac", "-b:a", "128k"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*ASSETS, []], help="which files to make (all)")
    FOLDER.mkdir(exist_ok=True)
    for name in parser.parse_args().names or ASSETS:
        ASSETS[name](FOLDER / name)
        print(f"{FOLDER.name}/{name}  {(FOLDER / name).stat().st_size / 1e3:,.0f} kB", flush=True)


if __name__ == "__main__":
    main()
