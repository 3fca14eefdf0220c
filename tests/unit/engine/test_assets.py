"""Preflight: files come in parallel, each once, and the first that is of no use ends it at once."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reelqueue.errors import AssetError
from reelqueue.spec import VideoRequest, parse_request
from render.engine.assets import FetchError, gather
from render.engine.control import Control, Stopped
from render.engine.process import Ffmpeg, find_ffmpeg

Check = Callable[[], None]


def request(*images: str) -> VideoRequest:
    scenes = [{"image": f"asset:{name}", "duration": 1} for name in images]
    return parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": scenes})


@pytest.fixture
def ffmpeg(tmp_path: Path) -> Ffmpeg:
    return Ffmpeg(find_ffmpeg(None), Control(), tmp_path)


def hang(check: Check) -> None:
    while True:
        check()
        time.sleep(0.01)


def test_files_come_in_parallel_and_each_once(media: Path, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    together = threading.Barrier(3, timeout=10)
    fetched: list[str] = []

    def fetch(src: str, target: Path, check: Check) -> None:
        fetched.append(src)
        together.wait()
        shutil.copy(media / "red.png", target)

    found = gather(request("a", "b", "a", "c", "b"), tmp_path, fetch, ffmpeg)
    assert sorted(fetched) == list(found.paths) == ["asset:a", "asset:b", "asset:c"]
    assert {(facts.width, facts.height) for facts in found.images.values()} == {(400, 300)}
    content = hashlib.sha256((media / "red.png").read_bytes()).hexdigest()
    assert found.digests == dict.fromkeys(found.paths, content)


def test_a_missing_file_is_told_while_others_are_still_on_their_way(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    ended = threading.Event()

    def fetch(src: str, target: Path, check: Check) -> None:
        if src == "asset:none":
            raise FetchError("there is no such file")
        try:
            hang(check)
        finally:
            ended.set()

    with pytest.raises(AssetError, match=r"scenes\[1\]\.image: there is no such file"):
        gather(request("slow", "none"), tmp_path, fetch, ffmpeg)
    assert ended.wait(10)


def test_a_stop_ends_the_fetching(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    def fetch(src: str, target: Path, check: Check) -> None:
        ffmpeg.control.request_stop()
        hang(check)

    with pytest.raises(Stopped):
        gather(request("slow"), tmp_path, fetch, ffmpeg)
