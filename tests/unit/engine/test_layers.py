"""Pictures in their boxes: scaled once, moved without jitter, painted exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from reelqueue.spec_scenes import Animation
from render.engine.frame import Frame
from render.engine.geometry import Box, Fitted
from render.engine.images import load_image
from render.engine.layers import Layer, image_views, still, useful_size
from render.engine.motion import Move

SIZE = (320, 180)


def solid(color: tuple[int, int, int, int], width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((height, width, 4), color, np.uint8)


def test_a_slow_move_never_jitters() -> None:
    """The place of an edge, measured by the light on its row, follows the ideal path within a twentieth of a pixel."""
    image = solid((0, 0, 0, 255), 640, 360)
    image[:, 400:] = 255
    frames, move = 300, Move("left", 0.05)
    views = image_views(image, Fitted((1, 1), Box(0, 0, *SIZE)), move, frames)
    light = [views(number).picture().y[90].astype(float) for number in range(frames)]
    places = np.array([((235 - row) / 219).sum() for row in light])
    steps = np.diff(places)
    smooth = np.convolve(np.pad(steps, 8, mode="edge"), np.ones(17) / 17, mode="valid")
    assert abs(places[-1] - places[0]) > 10
    assert np.abs(steps - smooth).max() < 0.05


@pytest.mark.parametrize(("x", "y"), [(0, 0), (3, 5), (-7, -9), (311, 171)])
def test_a_picture_lies_where_it_belongs_to_the_pixel(x: int, y: int) -> None:
    """Also at odd places, and where it reaches out of the frame."""
    source, left, top = still(solid((255, 255, 255, 255), 21, 13), x, y)
    frame = Frame(*SIZE)
    Layer(source, left, top, first=0, frames=1, fps=25).paint(frame, 0)
    expected = np.zeros(SIZE[::-1], bool)
    expected[max(y, 0) : y + 13, max(x, 0) : x + 21] = True
    assert np.array_equal(frame.y > 100, expected)


def test_a_layer_is_there_in_its_time_only() -> None:
    source, x, y = still(solid((255, 255, 255, 255), 20, 20), 0, 0)
    layer = Layer(source, x, y, first=5, frames=10, fps=25)

    def shown(number: int) -> bool:
        frame = Frame(*SIZE)
        layer.paint(frame, number)
        return bool(frame.y.any())

    assert [number for number in range(20) if shown(number)] == list(range(5, 15))


def test_what_never_changes_is_still() -> None:
    source, x, y = still(solid((255, 255, 255, 255), 20, 20), 0, 0)
    fade = Animation.model_validate({"type": "fade"})
    assert Layer(source, x, y, first=0, frames=50, fps=25).is_still(50)
    assert not Layer(source, x, y, first=0, frames=49, fps=25).is_still(50)
    assert not Layer(source, x, y, first=0, frames=50, fps=25, enter=fade).is_still(50)


def test_a_sliding_picture_moves_by_parts_of_a_pixel() -> None:
    source, x, y = still(solid((255, 255, 255, 255), 40, 40), 100, 60)
    slide = Animation.model_validate({"type": "slideLeft", "duration": 2, "easing": "linear"})
    layer = Layer(source, x, y, first=0, frames=100, fps=25, enter=slide)
    centres = []
    for number in range(10, 50):
        frame = Frame(*SIZE)
        layer.paint(frame, number)
        row = frame.y[80].astype(float)
        centres.append((row * np.arange(SIZE[0])).sum() / row.sum())
    steps = np.diff(centres)
    assert (steps < 0).all()
    assert np.ptp(steps) < 0.15


def test_a_large_jpeg_is_decoded_no_larger_than_it_is_of_use_and_no_smaller(tmp_path: Path) -> None:
    """Lying on its side, too: what is of use is told of the upright picture."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (1200, 800)).save(tmp_path / "upright.jpg")
    Image.new("RGB", (800, 1200)).save(tmp_path / "lying.jpg", exif=exif)
    half = Fitted((0.5, 1.0), Box(0, 0, 200, 300))
    assert useful_size(half, None) == (400, 300)
    for name in ("upright.jpg", "lying.jpg"):
        assert load_image(tmp_path / name, useful_size(half, None)).size == (600, 400)
        assert load_image(tmp_path / name, (601, 400)).size == (1200, 800)
    assert min(useful_size(half, Move("in", 0.5))) >= 1.5 * 300
