"""Planes read between their pixels: like the slow way, whatever the step, and where the quick way must give up."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from render.engine.planes import Picture, sampled
from render.engine.resample import Resampler

SIZE = (320, 180)


def picture() -> Picture:
    """Soft noise: no edge so hard that a fortieth of a pixel were many levels."""
    noise = np.random.default_rng(3).integers(0, 255, (360, 640), dtype=np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    plane = np.clip((soft.astype(np.float32) - 127) * 4 + 127, 0, 255).astype(np.uint8)
    half = np.asarray(cv2.resize(plane, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
    return Picture(plane, half, half)


@pytest.mark.parametrize("step", [1.0, 1.06, 1.1234, 1.25, 4 / 3, 1.5, 1.9])
@pytest.mark.parametrize("start", [(0.0, 0.0), (0.37, 3.21), (12.5, 17.99)])
def test_it_reads_what_the_slow_way_reads(step: float, start: tuple[float, float]) -> None:
    source = picture()
    found = Resampler(source, SIZE, 2.0).read((step, step), start)
    slow = sampled(source, SIZE, step, start)
    for plane, expected in ((found.y, slow.y), (found.u, slow.u), (found.v, slow.v)):
        assert plane.shape == expected.shape
        assert np.abs(plane.astype(int) - expected).max() <= 4


def test_the_edges_of_a_picture_go_on_beyond_it() -> None:
    source = picture()
    found = Resampler(source, SIZE, 2.0).read((1.06, 1.06), (-3.0, -3.0))
    assert np.abs(found.y[:2, :2].astype(int) - int(source.y[0, 0])).max() <= 2


def test_two_readers_do_not_share_what_they_have_read() -> None:
    one, other = Resampler(picture(), SIZE, 2.0), Resampler(picture(), SIZE, 2.0)
    first = one.read((1.06, 1.06), (5.0, 5.0))
    kept = first.y.copy()
    other.read((1.2, 1.2), (9.0, 9.0))
    assert np.array_equal(first.y, kept)
