"""What an ffmpeg process may take, and what it gets to see."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from render.engine.control import Control
from render.engine.process import Allowance, Ffmpeg, find_ffmpeg

# Work without an end.
ENDLESS = ["-f", "lavfi", "-i", "testsrc2=s=1280x720", "-f", "null", "-"]
IDLE = ["-re", *ENDLESS]


@pytest.fixture
def ffmpeg(tmp_path: Path) -> Ffmpeg:
    return Ffmpeg(find_ffmpeg(None), Control(), tmp_path)


def test_a_process_whose_time_is_over_is_killed(ffmpeg: Ffmpeg) -> None:
    began = time.monotonic()
    with ffmpeg.running(IDLE, Allowance(0.2, 30)) as run:
        assert run.process.wait() == -signal.SIGKILL
        assert run.exceeded
    assert time.monotonic() - began < 2


def test_a_process_that_works_too_much_is_killed(ffmpeg: Ffmpeg) -> None:
    with ffmpeg.running(ENDLESS, Allowance(30, 1)) as run:
        assert run.process.wait() == -signal.SIGKILL
        assert run.exceeded


def test_a_process_that_takes_too_much_memory_fails_and_nothing_else_does(ffmpeg: Ffmpeg) -> None:
    # A delay holds its frames: 3,000 of 1.4 MB.
    hoard = ["-f", "lavfi", "-i", "testsrc2=s=1280x720", "-vf", "reverse", "-frames:v", "1", "-f", "null", "-"]
    with ffmpeg.running(hoard, Allowance(30, 30, 300 << 20)) as run:
        assert run.process.wait() != 0
        assert not run.exceeded
    assert "Cannot allocate memory" in run.report()


def test_a_process_sees_nothing_of_the_environment(ffmpeg: Ffmpeg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for ffmpeg")
    with ffmpeg.running(IDLE, Allowance(30, 30)) as run:
        assert b"AWS" not in Path(f"/proc/{run.process.pid}/environ").read_bytes()
