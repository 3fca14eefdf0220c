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

from reelqueue.errors import OutOfMemory
from render.engine.control import Control, kill_group
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


def is_worker(pid: int) -> bool:
    """Not the ffmpeg that makes the sound."""
    try:
        return b"render.engine.start" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def parent(pid: int) -> int:
    """Who started a process: the foreman starts workers, and both start ffmpeg; 0 when it has ended meanwhile."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


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
    """Kills one process of a crew by a signal, once so many segments have been rendered; of so many crews, one each.

    It is a forked worker, or the foreman, which works too, and alone where there is one worker.

    Between a death and the next crew the render goes on to tell of its progress: without the count of the crews, a
    second process of the one that is dying would be killed, and the two deaths would be one.
    """

    def __init__(self, signal: int = signal.SIGKILL, *, foreman: bool = False, after: int = 0, times: int = 1) -> None:
        super().__init__()
        self.groups: list[int] = []
        self._signal, self._foreman, self._after, self._times = signal, foreman, after, times
        self._killed: set[int] = set()

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        if "render.engine.start" in str(process.args):
            self.groups.append(process.pid)
        super().watch(process)

    def advance(self, percent: float) -> None:
        super().advance(percent)
        group = self.groups[-1]
        if group not in self._killed and len(self._killed) < self._times and self.tally.rendered >= self._after:
            self._killed.add(group)
            forked = [pid for pid in members(group) if parent(pid) == group and is_worker(pid)]
            os.kill(forked[0] if forked and not self._foreman else group, self._signal)

    @property
    def all_gone(self) -> bool:
        """At once, not in a moment: who ends a render removes its folder next."""
        return not any(members(group) for group in self.groups)


# So long that all processes are in the midst of it when one is killed.
LONG: dict[str, Any] = {
    "scenes": [{"duration": 4, "image": "asset:red.png", "text": text} for text in ("One", "Two", "Three")],
    "output": {"width": 640, "height": 360},
}


@pytest.mark.parametrize("foreman", [False, True])
def test_a_process_killed_for_want_of_memory_costs_half_of_the_workers_and_no_segment(
    make: Make, foreman: bool, caplog: pytest.LogCaptureFixture
) -> None:
    undisturbed = make(*LONG["scenes"], output=LONG["output"], workers=2)
    control = Deadly(foreman=foreman, after=2)
    video = make(*LONG["scenes"], output=LONG["output"], workers=2, control=control)
    assert video.rendered.video.read_bytes() == undisturbed.rendered.video.read_bytes()
    assert (control.tally.memory_kills, control.tally.workers) == (1, 1)
    assert control.tally.rendered == control.tally.segments == undisturbed.control.tally.rendered
    assert "killed for want of memory" in caplog.text
    assert len(control.groups) == 2
    assert control.all_gone


def test_one_worker_that_is_killed_fails_the_render_and_says_what_to_do(make: Make) -> None:
    control = Deadly()
    with pytest.raises(OutOfMemory, match="raise the deployment's RenderMemory") as caught:
        make(*SLOW["scenes"], output=SLOW["output"], workers=1, control=control)
    assert caught.value.code == "OUT_OF_MEMORY"
    assert control.all_gone


def test_each_kill_halves_the_workers(make: Make) -> None:
    control = Deadly(times=3)
    with pytest.raises(OutOfMemory):
        make(*SLOW["scenes"], output=SLOW["output"], workers=4, control=control)
    assert (control.tally.memory_kills, len(control.groups)) == (3, 3)


def test_who_draws_may_be_killed_for_want_of_memory_too(make: Make, tmp_path: Path) -> None:
    control = Deadly()
    (tmp_path / "work-0").mkdir()
    # Whoever writes there waits for a reader.
    os.mkfifo(tmp_path / "work-0" / "text-0-0.part")
    with pytest.raises(OutOfMemory):
        make({"text": "One", "duration": 1}, workers=1, control=control)
    assert control.all_gone


@pytest.mark.parametrize(("kills", "workers"), [(0, 4), (1, 2), (2, 1), (3, 1)])
def test_earlier_kills_count(make: Make, kills: int, workers: int) -> None:
    video = make(*SCENES, workers=4, memory_kills=kills)
    assert video.control.tally.workers == workers


@pytest.mark.parametrize("foreman", [False, True])
def test_any_other_death_ends_the_render_and_says_how(make: Make, foreman: bool) -> None:
    control = Deadly(signal.SIGSEGV, foreman=foreman)
    with pytest.raises(WorkerDied) as caught:
        make(*SLOW["scenes"], output=SLOW["output"], workers=2, control=control)
    assert caught.value.exit_code == -signal.SIGSEGV
    assert control.all_gone


def test_the_group_is_killed_even_when_its_leader_is_dead() -> None:
    script = "import subprocess, sys; subprocess.Popen(['sleep', '60']); print(flush=True)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdout is not None
        leader.stdout.readline()
        while leader.pid in members(leader.pid):
            time.sleep(0.02)
        assert members(leader.pid)
        kill_group(leader)
        assert gone(leader.pid)


CALLER = """
import shutil, sys
from pathlib import Path
from reelqueue.spec import parse_request
from render.engine.control import Control
from render.engine.crew import Crew
from render.engine.render import render

class Telling(Control):
    def watch(self, process):
        super().watch(process)
        if "render.engine.start" in str(process.args):
            print(process.pid, flush=True)

    def advance(self, percent):
        print("under way", flush=True)

image, folder = sys.argv[1:]
scenes = [{"image": "asset:red.png", "duration": 600}]
request = parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": scenes})
with Crew(Telling(), Path(folder)) as crew:
    render(request, crew, fetch=lambda src, target, check: shutil.copy(image, target))
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
