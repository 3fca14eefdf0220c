"""Every transition, held against the ffmpeg program's own xfade: the same picture in every frame."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from reelqueue.spec_scenes import TransitionType
from render.engine.frame import Frame
from render.engine.planes import from_pixels, paint
from render.engine.snow import Snow
from render.engine.transitions import Mixer

from .conftest import Make, noise, run_ffmpeg

KINDS = [kind for kind in get_args(TransitionType) if kind != "none"]
SIZE, FPS, FRAMES = (96, 64), 25, 10


def scene(first: int) -> list[Frame]:
    """A moving ramp, different in every frame and in all planes."""
    frames = []
    for number in range(FRAMES):
        frame = Frame(*SIZE)
        across, down = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
        frame.y[:] = 40 + (2 * across + 3 * down + 5 * number + first) % 180
        frame.u[:], frame.v[:] = 60 + first + number, 200 - first
        frames.append(frame)
    return frames


@pytest.fixture(scope="module")
def scenes() -> tuple[list[Frame], list[Frame]]:
    return scene(0), scene(97)


def mixed(kind: TransitionType, scenes: tuple[list[Frame], list[Frame]], first: int = 0) -> list[NDArray[np.uint8]]:
    mixer, target, frames = Mixer(kind, SIZE, FPS, FRAMES, first), Frame(*SIZE), []
    for before, after in list(zip(*scenes, strict=True))[first:]:
        target.copy_from(before)
        mixer.mix(target, after)
        frames.append(target.buffer.copy())
    return frames


@pytest.fixture(scope="module")
def by_the_program(
    scenes: tuple[list[Frame], list[Frame]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, NDArray[np.uint8]]:
    """The frames of each transition, made by one ffmpeg for all of them.

    It is given each frame twice: it measures a transition at the beginning of a frame, the engine in its middle.
    """
    folder, inputs = tmp_path_factory.mktemp("xfade"), []
    for number, frames in enumerate(scenes):
        (folder / f"{number}.yuv").write_bytes(b"".join(frame.buffer.tobytes() for frame in frames))
        raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS)]
        inputs += [*raw, "-i", str(folder / f"{number}.yuv")]
    parts, outputs = [], []
    for number, name in enumerate("ab"):
        copies = "".join(f"[{name}{kind}]" for kind in KINDS)
        parts.append(f"[{number}]fps={2 * FPS},split={len(KINDS)}{copies}")
    for kind in KINDS:
        xfade = f"xfade=transition={kind}:duration={FRAMES / FPS}:offset={-0.5 / FPS},format=yuv420p"
        parts.append(f"[a{kind}][b{kind}]{xfade}[{kind}]")
        raw = ["-fps_mode", "passthrough", "-f", "rawvideo"]
        outputs += ["-map", f"[{kind}]", *raw, str(folder / f"{kind}.yuv")]
    run_ffmpeg(*inputs, "-filter_complex", ";".join(parts), *outputs)
    return {kind: np.fromfile(folder / f"{kind}.yuv", np.uint8).reshape(2 * FRAMES, -1)[::2] for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_it_looks_as_in_ffmpeg(
    kind: TransitionType, scenes: tuple[list[Frame], list[Frame]], by_the_program: dict[str, NDArray[np.uint8]]
) -> None:
    for frame, want in zip(mixed(kind, scenes), by_the_program[kind], strict=True):
        assert abs(frame.astype(int) - want).mean() < 1


@pytest.mark.parametrize("kind", ["fade", "circleopen", "slideleft"])
def test_it_may_begin_in_the_middle(kind: TransitionType, scenes: tuple[list[Frame], list[Frame]]) -> None:
    whole, half = mixed(kind, scenes), mixed(kind, scenes, first=6)
    assert all(np.array_equal(*pair) for pair in zip(whole[6:], half, strict=True))


def test_a_video_goes_over_by_it(make: Make) -> None:
    scenes = [{"background": color, "duration": 1} for color in ("#C00000", "#0000C0")]
    video = make(*[{**scene, "transition": {"type": "wipeleft", "duration": 0.4}} for scene in scenes])
    assert video.pixel(0.8, 0.1)[0] > 150  # the old one still, where the wipe comes last
    assert video.pixel(0.8, 0.9)[2] > 150


def scene_frame(ground: Frame, seed: int, *, pictures: int, snow: float | None, known: bool) -> Frame:
    """The ground with pictures on it at some places, and snow of a moment below them; ``known``: it may tell which."""
    chance, frame = np.random.default_rng(seed), Frame(*SIZE)
    frame.copy_from(ground)
    if snow is not None:
        Snow(*SIZE).paint(frame, snow)
    for number in range(pictures):
        rgba = noise(seed + number, 2 * int(chance.integers(2, 9)), 2 * int(chance.integers(2, 9)), 4)
        x, y = (2 * int(chance.integers(-6, side // 2)) for side in SIZE)
        paint(frame, from_pixels(rgba), x, y, float(chance.uniform(0.2, 1)))
    if not known:
        frame.changed()
    return frame


@pytest.mark.parametrize("moments", [(None, None), (1.0, 1.0), (1.0, 1.5), (None, 1.0)], ids=str)
@pytest.mark.parametrize("pictures", [(0, 0), (1, 0), (2, 1), (1, 14)], ids=str)
def test_a_fade_of_frames_that_know_where_they_differ_is_that_of_any(
    pictures: tuple[int, int], moments: tuple[float | None, float | None]
) -> None:
    """And what was mixed into the first is put back, with all else, when it becomes its ground again."""
    ground = Frame(*SIZE)
    ground.buffer[:] = noise(1, ground.buffer.size)
    found = []
    for known in (True, False):
        before, after = (
            scene_frame(ground, 7 + number, pictures=pictures[number], snow=moments[number], known=known)
            for number in range(2)
        )
        Mixer("fade", SIZE, FPS, FRAMES, 3).mix(before, after)
        found.append(before.buffer.copy())
        before.copy_from(ground)
        assert np.array_equal(before.buffer, ground.buffer)
    assert np.array_equal(found[0], found[1])


def test_frames_of_one_ground_differ_only_where_something_was_painted() -> None:
    ground, before, after = (Frame(*SIZE) for _ in range(3))
    before.copy_from(ground)
    assert before.difference(after) == before.whole
    after.copy_from(ground)
    assert before.difference(after) == (0, 0, 0, 0)
    picture = from_pixels(noise(2, 8, 6, 4))
    paint(before, picture, 10, 20)
    paint(after, picture, -2, 60)
    assert before.difference(after) == (0, 20, 16, 64)
    for frame in (before, after):
        Snow(*SIZE).paint(frame, 1.0)
    assert before.difference(after) == before.whole  # by two kinds of snow, for all that is known
    after.changed()
    assert before.difference(after) == before.whole
