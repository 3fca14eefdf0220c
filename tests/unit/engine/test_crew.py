"""The processes of a render: how many change nothing, all end with it, and a death among them is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from render.engine import Control
from render.engine.crew import WorkerDied, worker_count

from .conftest import FPS, Make

SCENES = [{"text": "One", "duration": 1.5}, {"image": "asset:red.png", "duration": 3}, {"text": "Three", "duration": 1}]
SLOW: dict[str, Any] = {
    "scenes": [{"image": "asset:red.png", "duration": 600}],
    "output": {"width": 1280, "height": 720, "quality": "high"},
}


def members(group: int) -> list[int]:
    """The processes of a group that are still alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def gone(group: int, seconds: float = 2) -> bool:
    """Whether all of the group have ended, within so many seconds."""
    deadline = time.monotonic() + seconds
    while members(group) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not members(group)


@pytest.mark.parametrize("theme", ["minimal", "winter"])
def test_the_video_does_not_depend_on_the_number_of_workers(make: Make, theme: str) -> None:
    alone, three = (make(*SCENES, theme=theme, workers=workers) for workers in (1, 3))
    assert alone.rendered.video.read_bytes() == three.rendered.video.read_bytes()
    assert len(alone.frames) == pytest.approx(alone.rendered.duration * FPS)


class Deadly(Control):
    """Kills a worker once the render is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.group = 0

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        if "render.engine.foreman" in process.args:  # type: ignore[operator]
            self.group = process.pid
        super().watch(process)

    def advance(self, percent: float) -> None:
        super().advance(percent)
        worker = next(pid for pid in members(self.group) if pid != self.group)
        os.kill(worker, signal.SIGKILL)


def test_a_worker_s_death_ends_the_render_and_says_how(make: Make) -> None:
    control = Deadly()
    with pytest.raises(WorkerDied) as caught:
        make(*SLOW["scenes"], output=SLOW["output"], workers=2, control=control)
    assert caught.value.exit_code == -signal.SIGKILL
    assert gone(control.group)


CALLER = """
import shutil, sys
from pathlib import Path
from reelqueue.spec import parse_request
from render.engine import Control, render

class Telling(Control):
    def watch(self, process):
        super().watch(process)
        if "render.engine.foreman" in process.args:
            print(process.pid, flush=True)

    def advance(self, percent):
        print("under way", flush=True)

image, folder = sys.argv[1:]
scenes = [{"image": "asset:red.png", "duration": 600}]
request = parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": scenes})
render(request, Path(folder), fetch=lambda src, target, check: shutil.copy(image, target), control=Telling())
"""


def test_no_process_outlives_a_caller_that_was_killed(media: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", CALLER, str(media / "red.png"), str(tmp_path)]
    path = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=path) as caller:
        assert caller.stdout is not None
        group = int(caller.stdout.readline())
        assert caller.stdout.readline() == "under way\n"
        assert len(members(group)) > 1
        caller.kill()
        assert gone(group)


@pytest.mark.parametrize(("megabytes", "workers"), [(1769, 1), (3008, 2), (5307, 3), (10_240, 6)])
def test_a_function_has_a_worker_for_each_vcpu(monkeypatch: pytest.MonkeyPatch, megabytes: int, workers: int) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str(megabytes))
    assert worker_count(1920, 1080, 100) == workers


def test_there_are_no_more_workers_than_memory_and_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")
    assert worker_count(1920, 1080, 2) == 2
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
    assert worker_count(3840, 2160, 100) == 1
