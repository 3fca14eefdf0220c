"""Segments that were rendered before: what is reused, what is kept, and what happens when that goes wrong."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from render.engine import kept
from render.engine import render as engine
from render.engine.control import Control, Stopped
from render.engine.job import Job

from .conftest import Make

FADE = {"transition": {"type": "fade", "duration": 0.4}}
SCENES = [{"text": "One", "duration": 2, **FADE}, {"image": "asset:red.png", "duration": 5, **FADE}, {"text": "Three"}]


class Shelf:
    """Keeps segments in memory, and counts what is asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.kept: list[str] = []

    def fetch(self, name: str, target: Path, check: Callable[[], None]) -> bool:
        check()
        if name in self.files:
            target.write_bytes(self.files[name])
        return name in self.files

    def keep(self, name: str, file: Path) -> None:
        self.kept.append(name)
        self.files[name] = file.read_bytes()


class StopAfterHalf(Control):
    """Stops the render, as a function's end would, once half of the segments are rendered."""

    def advance(self, percent: float) -> None:
        super().advance(percent)
        if self.tally.rendered >= self.tally.segments / 2:
            self.request_stop()


def test_all_that_is_rendered_is_kept_and_then_nothing_is_rendered(make: Make) -> None:
    shelf = Shelf()
    first, second = (make(*SCENES, kept=shelf) for _ in range(2))
    count = first.control.tally.segments
    assert (first.control.tally.reused, first.control.tally.rendered, first.control.tally.kept) == (0, count, count)
    assert (second.control.tally.reused, second.control.tally.rendered, second.control.tally.kept) == (count, 0, 0)
    assert second.rendered.video.read_bytes() == first.rendered.video.read_bytes()
    assert second.rendered.poster.read_bytes() == first.rendered.poster.read_bytes()


@contextmanager
def withheld(src: str) -> Iterator[None]:
    """Nobody who renders gets beyond this picture: once it was looked at, it is a pipe into which nobody writes."""
    work = engine._work

    def without(job: Job, *others: Any) -> None:
        job.assets.paths[src].unlink()
        os.mkfifo(job.assets.paths[src])
        work(job, *others)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "_work", without)
        yield


def test_after_a_stop_only_the_rest_is_rendered_and_the_video_is_the_same(make: Make) -> None:
    texts = [{"text": f"Scene {number}", "duration": 1, **FADE} for number in range(4)]
    scenes = [*texts, {"image": "asset:red.png", "duration": 5}]
    shelf, stopped = Shelf(), StopAfterHalf()
    undisturbed = make(*scenes, workers=2)
    # Else all might be rendered by the time that the stop comes.
    with withheld("asset:red.png"), pytest.raises(Stopped):
        make(*scenes, workers=2, kept=shelf, control=stopped)

    again = make(*scenes, workers=2, kept=shelf)

    total, before = again.control.tally.segments, stopped.tally.rendered
    assert total / 2 <= before < total
    assert stopped.tally.kept == len(shelf.kept) - again.control.tally.kept == before
    assert (again.control.tally.reused, again.control.tally.rendered) == (before, total - before)
    assert len(shelf.kept) == len(set(shelf.kept)) == total
    assert again.rendered.video.read_bytes() == undisturbed.rendered.video.read_bytes()


def test_a_change_of_one_scene_of_ten_renders_it_and_its_two_transitions(make: Make) -> None:
    scenes = [{"text": f"Scene {number}", "duration": 1.5, **FADE} for number in range(10)]
    shelf = Shelf()
    make(*scenes, kept=shelf)
    changed = [*scenes[:4], scenes[4] | {"text": "Changed"}, *scenes[5:]]

    video = make(*changed, kept=shelf)

    assert (video.control.tally.segments, video.control.tally.rendered) == (19, 3)
    assert video.rendered.video.read_bytes() == make(*changed).rendered.video.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content, other: content[: len(content) // 2],
        lambda content, other: b"",
        lambda content, other: b"not a video at all",
        lambda content, other: other,
    ],
)
def test_a_damaged_segment_is_rendered_anew(make: Make, damage: Callable[[bytes, bytes], bytes]) -> None:
    shelf = Shelf()
    sound = make(*SCENES, kept=shelf)
    # One of another length in its place: longer segments are larger here.
    smallest, largest = (choose(shelf.files, key=lambda name: len(shelf.files[name])) for choose in (min, max))
    shelf.files[largest] = damage(shelf.files[largest], shelf.files[smallest])

    video = make(*SCENES, kept=shelf)

    assert video.control.tally.rendered == 1
    assert video.rendered.video.read_bytes() == sound.rendered.video.read_bytes()


def test_another_encoding_does_not_fit(make: Make) -> None:
    shelf = Shelf()
    make(*SCENES, kept=shelf, output={"width": 640, "height": 360})
    other = list(shelf.files.values())
    make(*SCENES, kept=(now := Shelf()))
    now.files = dict(zip(now.files, other, strict=True))
    again = make(*SCENES, kept=now).control.tally
    assert again.rendered == again.segments


class Broken(Shelf):
    def fetch(self, name: str, target: Path, check: Callable[[], None]) -> bool:
        target.write_bytes(b"half of")
        raise OSError("the line is dead")

    def keep(self, name: str, file: Path) -> None:
        raise OSError("the line is dead")


def test_a_store_that_fails_costs_nothing_but_the_reuse(make: Make) -> None:
    video = make(*SCENES, kept=Broken())
    assert (video.control.tally.rendered, video.control.tally.kept) == (video.control.tally.segments, 0)


class Hanging(Shelf):
    """Answers nothing until it is told to stop; keeps nothing before ``go``."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def fetch(self, name: str, target: Path, check: Callable[[], None]) -> bool:
        self.asked.set()
        while True:
            check()
            time.sleep(0.01)

    def keep(self, name: str, file: Path) -> None:
        self.go.wait(10)


def test_a_stop_does_not_wait_for_what_is_still_arriving(make: Make) -> None:
    shelf, control = Hanging(), Control()

    def stop() -> None:
        shelf.asked.wait()
        control.request_stop()

    threading.Thread(target=stop).start()
    started = time.monotonic()
    with pytest.raises(Stopped):
        make(*SCENES, kept=shelf, control=control)
    assert time.monotonic() - started < 5


def test_what_comes_too_late_is_rendered(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_FETCH_SECONDS", 0.3)
    monkeypatch.setattr(kept, "LAST_SECONDS", 0.3)
    shelf = Hanging()
    video = make(*SCENES, kept=shelf)
    assert (video.control.tally.reused, video.control.tally.rendered) == (0, video.control.tally.segments)
    assert video.control.tally.kept == 0  # keeping hangs as well, and is given up
    shelf.go.set()
