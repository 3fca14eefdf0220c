"""An ffmpeg of the engine: what it may take, and what it may know."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.engine import Control
from render.engine.process import Allowance, Ffmpeg, find_ffmpeg

ENDLESS = ["-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-"]
BUSY = ["-f", "lavfi", "-i", "testsrc2=s=1280x720", "-f", "null", "-"]


@pytest.fixture
def ffmpeg(tmp_path: Path) -> Ffmpeg:
    return Ffmpeg(find_ffmpeg(None), Control(), tmp_path)


def test_one_that_takes_too_long_is_killed(ffmpeg: Ffmpeg) -> None:
    with ffmpeg.running(ENDLESS, Allowance(0.2, 30)) as run:
        assert run.process.wait(timeout=10) < 0
    assert run.overdue


def test_one_that_works_too_long_is_killed(ffmpeg: Ffmpeg) -> None:
    with ffmpeg.running(BUSY, Allowance(60, 1)) as run:
        assert run.process.wait(timeout=30) != 0
    assert run.overdue


def test_one_that_wants_too_much_memory_fails(ffmpeg: Ffmpeg) -> None:
    huge = ["-f", "lavfi", "-i", "color=s=8192x8192", "-frames:v", "1", "-f", "null", "-"]
    with ffmpeg.running(huge, Allowance(60, 30, memory_bytes=64 << 20)) as run:
        assert run.process.wait(timeout=30) != 0
    assert not run.overdue


def test_it_knows_nothing_of_this_process(ffmpeg: Ffmpeg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with ffmpeg.running(ENDLESS, Allowance(5, 30)) as run:
        assert Path(f"/proc/{run.process.pid}/environ").read_bytes() == b""
