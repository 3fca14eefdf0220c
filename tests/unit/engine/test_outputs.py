"""Each format holds the same video: its frames, its length, its sound where it can have one, a poster."""

from __future__ import annotations

import re

import av
import numpy as np
import pytest
from PIL import Image

from render.engine.process import find_ffmpeg

from .conftest import FPS, HEIGHT, SMALL, WIDTH, Make

SCENES = [
    {"duration": 1, "background": "#C02020", "transition": {"type": "fade", "duration": 0.4}},
    {"duration": 1.4, "background": "#2020C0", "elements": [{"type": "audio", "src": "asset:tone.wav"}]},
]


@pytest.fixture(scope="module", params=["mp4", "webm", "gif"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_format_holds_the_frames_and_the_colours(make: Make, kind: str) -> None:
    video = make(*SCENES, output={**SMALL, "format": kind})
    assert video.rendered.video.suffix == f".{kind}"
    frames = video.frames
    assert len(frames) == 2 * FPS
    for number, color in ((2, (192, 32, 32)), (48, (32, 32, 192))):
        assert np.abs(frames[number].reshape(-1, 3).mean(axis=0) - color).max() < 8
    mixed = frames[20].reshape(-1, 3).mean(axis=0)
    assert 60 < mixed[0] < 170
    assert 60 < mixed[2] < 170


def test_sound_and_picture_of_a_format_end_together(make: Make, kind: str) -> None:
    video = make(*SCENES, output={**SMALL, "format": kind})
    if kind == "gif":
        assert "Audio" not in video.report
        return
    assert len(video.sound) / 48_000 == pytest.approx(2.0, abs=1 / FPS)
    assert np.abs(video.sound[60_000:80_000]).max() > 0.05


def test_a_format_can_be_found_by_its_name(make: Make, kind: str) -> None:
    report = make(*SCENES, output={**SMALL, "format": kind}).report
    codecs = {"mp4": "h264.*aac", "webm": "vp9.*opus", "gif": "gif"}
    assert re.search(codecs[kind], report.replace("\n", " "))
    assert f"{WIDTH}x{HEIGHT}" in report


def test_every_segment_of_a_webm_begins_with_a_keyframe(make: Make) -> None:
    """Players seek by keyframes, and the joins are where they are."""
    video = make({"duration": 5, "background": "#204060"}, {"duration": 1, "background": "#602020"},
                 output={**SMALL, "format": "webm"})  # fmt: skip
    with av.open(str(video.rendered.video)) as file:
        keys = [packet.pts * float(packet.time_base) for packet in file.demux(file.streams.video[0])
                if packet.is_keyframe and packet.pts is not None]  # fmt: skip
    assert max(np.diff([*keys, 5.5])) <= 2.05


def test_the_best_poster_is_the_scene_with_the_most_to_see(make: Make) -> None:
    video = make(
        {"duration": 1, "background": "#102030"},
        {"duration": 1, "elements": [{"type": "image", "src": "asset:upright.jpg", "kenBurns": {"amount": 0}}]},
        output={**SMALL, "poster": {"at": "best"}},
    )
    poster = np.asarray(Image.open(video.rendered.poster))
    shown = video.frames[FPS + 12].astype(int)
    assert np.abs(poster.astype(int) - shown).mean() < 8


def test_the_program_has_what_the_formats_need() -> None:
    assert find_ffmpeg(None)
    assert {"libvpx-vp9", "libopus"} <= av.codecs_available
