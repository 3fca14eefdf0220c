"""Hostile files: each ends in an error that names its scene and element, soon, and shows nothing of this machine."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reelqueue.errors import AssetError
from reelqueue.spec import parse_request
from render.engine import Control
from render.engine.assets import Assets, gather
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.timeline import make_timeline

from .conftest import run_ffmpeg
from .hostile import Canary, Hostile, corpus

SECRET = "CANARY-5f0c93d1"
SECONDS = 10


@pytest.fixture(scope="module")
def canary(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Canary:
    folder = tmp_path_factory.mktemp("host")
    canary = Canary(folder / "canary.txt", folder / "canary.ts", folder / "canary.png")
    canary.text.write_text(SECRET)
    shutil.copy(media / "red.png", canary.picture)
    run_ffmpeg("-i", str(media / "green.mp4"), "-c", "copy", "-metadata", f"title={SECRET}", str(canary.clip))
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
