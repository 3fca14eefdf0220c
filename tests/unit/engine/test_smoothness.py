"""Ken Burns moves in parts of a pixel: where each frame shows its picture, against where it ought to be.

The picture is a formula, so the ideal frame is known exactly at any place. The distance of a frame from it is found by
least squares over the brightness's slope, in nine fields of the frame, so that a wrong scale shows too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from render.engine.geometry import Box, Fitted
from render.engine.layers import image_views
from render.engine.motion import Move, View, ken_burns

from .conftest import run_ffmpeg

WIDTH, HEIGHT, FRAMES = 320, 180, 24
LARGE = (640, 360)
TOLERANCE = 0.1

Gray = NDArray[np.float64]


def texture(u: Gray, v: Gray) -> Gray:
    """The brightness at places between 0 and 1. It is steep: rounded to whole levels, a flat one says little."""
    x, y = u * 24, v * 20
    waves = np.sin(2.1 * x + 0.7 * y) + np.sin(1.3 * y - 2.9 * x + 1) + np.sin(4.1 * y + 0.5) + np.sin(5.3 * x + 2 * y)
    return np.asarray(126 + 24 * waves)


def seen(view: View, shift: tuple[float, float] = (0, 0)) -> Gray:
    """The ideal frame of a view, moved by so many pixels."""
    across, down = np.arange(WIDTH) + 0.5 - shift[0], np.arange(HEIGHT) + 0.5 - shift[1]
    u, v = view.x + across / WIDTH * view.size, view.y + down / HEIGHT * view.size
    return texture(np.broadcast_to(u[None, :], (HEIGHT, WIDTH)), np.broadcast_to(v[:, None], (HEIGHT, WIDTH)))


def error(frame: Gray, view: View) -> float:
    """The largest distance, in pixels, of a field of the frame from its place."""
    ideal = seen(view)
    slopes = [(seen(view, (0.5 * x, 0.5 * y)) - seen(view, (-0.5 * x, -0.5 * y))) for x, y in ((1, 0), (0, 1))]
    worst = 0.0
    for rows in np.array_split(np.arange(8, HEIGHT - 8), 3):
        for columns in np.array_split(np.arange(8, WIDTH - 8), 3):
            field = np.ix_(rows, columns)
            unknowns = np.stack([*(slope[field].ravel() for slope in slopes), ideal[field].ravel() - 126], axis=1)
            off = np.linalg.lstsq(unknowns, (frame[field] - ideal[field]).ravel(), rcond=None)[0]
            worst = max(worst, float(np.hypot(off[0], off[1])))
    return worst


def picture() -> NDArray[np.uint8]:
    u, v = (np.arange(side) + 0.5 for side in LARGE)
    levels = texture(*np.meshgrid(u / LARGE[0], v / LARGE[1]))
    return np.rint(levels).astype(np.uint8)


@pytest.mark.parametrize("direction", ["in", "left", "down"])
@pytest.mark.parametrize("amount", [0.02, 0.12, 0.5])
def test_every_frame_of_a_move_is_at_its_place(direction: str, amount: float) -> None:
    move = Move(direction, amount)
    rgba = np.dstack([picture()] * 3 + [np.full(LARGE[::-1], 255, np.uint8)])
    views = image_views(rgba, Fitted((1.0, 1.0), Box(0, 0, WIDTH, HEIGHT)), move, FRAMES)
    for number in range(FRAMES):
        luma = views(number).picture().y.astype(np.float64)
        frame = (luma - 16) * 255 / 219
        assert error(frame, ken_burns(move, (number + 0.5) / FRAMES)) < TOLERANCE, f"frame {number}"


@pytest.mark.parametrize("counted_from", [0, 1])
def test_zoompan_would_not_pass(tmp_path: Path, counted_from: int) -> None:
    """The measure can tell: ffmpeg's usual filter jumps by whole pixels."""
    source = tmp_path / "picture.png"
    Image.fromarray(picture()).save(source)
    growth: Callable[[int], float] = lambda number: 1 + 0.12 * number / FRAMES  # noqa: E731
    middle = "x=iw/2-iw/zoom/2:y=ih/2-ih/zoom/2"
    zoompan = f"zoompan=z=1+0.12*on/{FRAMES}:{middle}:d={FRAMES}:s={WIDTH}x{HEIGHT},format=gray"
    raw = run_ffmpeg("-i", str(source), "-vf", zoompan, "-frames:v", str(FRAMES), "-f", "rawvideo", "pipe:1")
    frames = np.frombuffer(raw, np.uint8).reshape(FRAMES, HEIGHT, WIDTH).astype(np.float64)

    def view(number: int) -> View:
        size = 1 / growth(number + counted_from)
        return View(size, (1 - size) / 2, (1 - size) / 2)

    assert max(error(frame, view(number)) for number, frame in enumerate(frames)) > 3 * TOLERANCE
