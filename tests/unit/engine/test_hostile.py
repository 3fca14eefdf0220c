"""Hostile files: each ends in an error that names its scene and element, soon, and shows nothing of this machine."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from reelqueue.errors import AssetError
from reelqueue.spec import parse_request
from render.engine.assets import Assets, gather
from render.engine.control import Control
from render.engine.images import load_image, probe_image
from render.engine.probe import Unusable
from render.engine.process import CLIENT_FORMATS, CLIENT_INPUT, LOCAL_PROTOCOLS, PROBING, Ffmpeg, find_ffmpeg
from render.engine.timeline import make_timeline

from .conftest import Make, run_ffmpeg
from .hostile import Canary, Hostile, corpus

SECRET = "CANARY-5f0c93d1"
MAGENTA = (255, 0, 255)
SECONDS = 10


@pytest.fixture(scope="module")
def canary(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Canary:
    folder = tmp_path_factory.mktemp("host")
    canary = Canary(folder / "canary.txt", folder / "canary.mp4", folder / "canary.png")
    canary.text.write_text(SECRET)
    Image.new("RGB", (320, 180), MAGENTA).save(canary.picture)
    run_ffmpeg("-loop", "1", "-i", str(canary.picture), "-t", "1", "-pix_fmt", "yuv420p", str(canary.clip))
    return canary


@pytest.fixture(scope="module")
def hostile_files(canary: Canary, media: Path) -> list[Hostile]:
    return list(corpus(canary, (media / "green.mp4").read_bytes()))


def preflight(file: Hostile, folder: Path) -> Assets:
    """Fetch and look at a file as a render would, and plan with it."""

    def fetch(src: str, target: Path, check: Callable[[], None]) -> None:
        target.write_bytes(file.content)

    element = {"type": file.element, "src": "asset:hostile"}
    scenes = [{"text": "Hello"}, {"elements": [element]}]
    request = parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": scenes})
    folder.mkdir()
    found = gather(request, folder, fetch, Ffmpeg(find_ffmpeg(None), Control(), folder))
    make_timeline(request, found.media)
    return found


def test_every_hostile_file_is_refused_in_time_and_by_name(
    hostile_files: list[Hostile], canary: Canary, tmp_path: Path
) -> None:
    assert len(hostile_files) >= 60
    wrong = {}
    for file in hostile_files:
        began = time.monotonic()
        message = "was accepted"
        try:
            preflight(file, tmp_path / file.name)
        except AssetError as error:
            message = error.message
        took = time.monotonic() - began
        said = re.fullmatch(r"scenes\[1\]\.elements\[0\]\.src: asset:hostile [a-z].*", message)
        if not said or took > SECONDS or SECRET in message or str(canary.text.parent) in message:
            wrong[file.name] = f"{message} ({took:.1f} s)"
    assert wrong == {}


# Names and options under which libav does open what a playlist names; the engine's own names have no ending.
OPENED = {
    "hls": (".m3u8", ()),
    "ffconcat": (".txt", ("-f", "concat", "-safe", "0")),
    "sdp": (".sdp", ()),
    "srt": (".srt", ()),
}


@pytest.fixture
def named(hostile_files: list[Hostile], tmp_path: Path) -> Callable[[str], Path]:
    def write(name: str) -> Path:
        path = tmp_path / f"{name}{OPENED[name][0]}"
        path.write_bytes(next(file.content for file in hostile_files if file.name == name))
        return path

    return write


@pytest.mark.parametrize("name", ["hls", "ffconcat"])
def test_without_the_guard_a_playlist_would_show_the_canary(name: str, named: Callable[[str], Path]) -> None:
    options = OPENED[name][1]
    raw = run_ffmpeg(
        *options, "-i", str(named(name)), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"
    )
    assert is_magenta(np.frombuffer(raw, np.uint8).reshape(-1, 3)).mean() > 0.9


@pytest.mark.parametrize("name", OPENED)
def test_the_guard_does_not_depend_on_what_a_file_is_called(name: str, named: Callable[[str], Path]) -> None:
    path, program = named(name), find_ffmpeg(None)
    with Ffmpeg(program, Control(), path.parent).running(
        [*CLIENT_INPUT, *OPENED[name][1], "-i", str(path), "-f", "null", "-"], PROBING
    ) as run:
        run.process.wait()
    assert run.process.returncode != 0
    with pytest.raises(av.FFmpegError):
        av.open(str(path), options={"format_whitelist": CLIENT_FORMATS, "protocol_whitelist": LOCAL_PROTOCOLS})


def test_what_lies_beside_good_media_is_not_looked_at(
    make: Make, media: Path, canary: Canary, tmp_path: Path, hostile_files: list[Hostile]
) -> None:
    """A whole render of files that can be played, and that name the canary in every way that there is."""
    playlist = next(file.content for file in hostile_files if file.name == "hls")
    (tmp_path / "playlist.srt").write_bytes(f"1\n00:00:00,000 --> 00:00:01,000\n{playlist.decode()}".encode())
    clip = ("-i", str(media / "green.mp4"), "-t", "1")
    run_ffmpeg(*clip, "-c", "copy", "-attach", str(tmp_path / "playlist.srt"),
               *("-metadata:s:t", "mimetype=application/x-subrip", "-metadata:s:t", f"filename={canary.picture}"),
               *("-metadata", f"title={canary.text}"), str(media / "attached.mkv"))  # fmt: skip
    run_ffmpeg(*clip, "-i", str(tmp_path / "playlist.srt"), *("-map", "0", "-map", "1", "-c", "copy", "-c:s", "srt"),
               str(media / "subtitled.mkv"))  # fmt: skip
    run_ffmpeg("-i", str(media / "tone.wav"), "-metadata", f"comment=file://{canary.text}", str(media / "tagged.mp3"))
    picture = Image.new("RGB", (320, 180), "#00C000")
    exif = picture.getexif()
    exif[0x010E] = f"file://{canary.text}"
    picture.save(media / "described.jpg", exif=exif)
    words = f"file://{canary.text} %{{file:{canary.text}}} @{canary.text}".replace("_", "-")
    video = make(
        {"video": "asset:attached.mkv"},
        {"video": "asset:subtitled.mkv"},
        {
            "elements": [
                {"type": "image", "src": "asset:described.jpg"},
                {"type": "audio", "src": "asset:tagged.mp3"},
                {"type": "text", "text": words, "size": 12},
            ]
        },
    )
    assert not is_magenta(video.frames).any()
    assert not is_magenta(np.asarray(Image.open(video.rendered.poster))).any()
    leavings = [path for path in video.rendered.video.parent.rglob("*") if path.is_file()]
    assert len(leavings) > 5
    assert not [path.name for path in leavings if SECRET.encode() in path.read_bytes()]


def is_magenta(pixels: Any) -> Any:
    levels = np.asarray(pixels, np.int16)
    return (levels[..., 0] > 180) & (levels[..., 1] < 90) & (levels[..., 2] > 180)


def test_of_an_animation_only_the_first_picture_is_decoded(tmp_path: Path) -> None:
    frames = [Image.new("P", (400, 300), color) for color in range(200)]
    for name in ("a.gif", "a.webp", "a.png", "a.tiff"):
        path = tmp_path / name
        frames[0].save(path, save_all=True, append_images=frames[1:])
        began = time.process_time()
        assert probe_image(path).width == 400
        assert time.process_time() - began < 0.2
        assert load_image(path, (1, 1)).size == (400, 300)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_with_any_byte_changed_is_drawn_or_refused(kind: str, tmp_path: Path) -> None:
    """Nothing else comes out of Pillow's parsers, whatever they stumble over."""
    random = np.random.default_rng(6)
    good = tmp_path / "good"
    picture = Image.fromarray(random.integers(0, 255, (24, 32, 3), np.uint8))
    exif = picture.getexif()
    exif[0x0112] = 6
    if kind in ("GIF", "BMP"):
        picture.save(good, kind)
    else:
        picture.save(good, kind, exif=exif)
    content, refused = good.read_bytes(), 0
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(int(random.integers(1, 6))):
            # The header, where most of what is parsed lies, more often than the rest.
            changed[int(len(changed) * random.random() ** 3)] = int(random.integers(256))
        (tmp_path / "changed").write_bytes(changed)
        try:
            probe_image(tmp_path / "changed")
        except Unusable:
            refused += 1
    assert refused > 10
