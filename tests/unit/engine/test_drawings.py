"""Texts and captions are drawn while others render, who wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reelqueue.spec import parse_request
from reelqueue.spec_request import VideoRequest
from render.engine import text
from render.engine.control import Control, Stopped
from render.engine.draughtsman import Draughtsman
from render.engine.drawings import Drawings, Lettering

from .conftest import Make

draw = text.draw_texts


def test_who_asks_early_waits(tmp_path: Path) -> None:
    drawings = Drawings(tmp_path)
    pixels = np.arange(3 * 5 * 4, dtype=np.uint8).reshape(3, 5, 4)
    later = threading.Timer(0.2, drawings.keep_text, (3, 1, Lettering(pixels, 1)))
    later.start()
    assert not list(tmp_path.iterdir())
    found = drawings.text(3, 1)
    assert np.array_equal(found.rgba, pixels)
    assert found.size == (3, 1)


def test_frames_wait_for_their_texts(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of the first scene is drawn when the second has been rendered already, by the third process."""
    scenes = [{"background": "#000000", "text": "MMM", "duration": 1}, {"background": "#0000C0", "duration": 2}]
    at_once = make(*scenes, workers=3)

    def late(request: VideoRequest, drawings: Drawings, check: Callable[[], None]) -> None:
        while not list(drawings.folder.glob("segment-*.mp4")):
            check()
        draw(request, drawings, check)

    monkeypatch.setattr(text, "draw_texts", late)
    assert np.array_equal(make(*scenes, workers=3).frames, at_once.frames)


def test_what_cannot_be_drawn_ends_the_render(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: VideoRequest, drawings: Drawings, check: Callable[[], None]) -> None:
        raise RuntimeError("no such font")

    monkeypatch.setattr(text, "draw_texts", broken)
    with pytest.raises(RuntimeError, match="no such font"):
        make({"text": "a"})


def test_nothing_is_drawn_for_a_render_that_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began, ended = threading.Event(), threading.Event()

    def endless(request: VideoRequest, drawings: Drawings, check: Callable[[], None]) -> None:
        began.set()
        try:
            while True:
                check()
        except Stopped:
            ended.set()
            raise

    monkeypatch.setattr(text, "draw_texts", endless)
    request = parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": [{"text": "a"}]})
    with Draughtsman(Drawings(tmp_path), Control()) as draughtsman:
        draughtsman.begin_texts(request)
        assert began.wait(10)
    assert ended.is_set()
