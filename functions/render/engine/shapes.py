"""Shapes as coverage: how much of each pixel of a box they fill, 0 to 255."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Gray = NDArray[np.uint8]

# They are drawn so many times as large, and made smaller: soft edges.
_FINE = 4


def rounded(size: tuple[int, int], radius: float) -> Gray:
    """A rectangle of this size (width, height) with corners of this radius, in pixels."""
    corner = min(radius, min(size) / 2) * _FINE
    return _drawn(size, lambda pen, right, low: pen.rounded_rectangle((0, 0, right, low), corner, fill=255))


def ellipse(size: tuple[int, int]) -> Gray:
    """The ellipse that fills a box of this size."""
    return _drawn(size, lambda pen, right, low: pen.ellipse((0, 0, right, low), fill=255))


def triangle(size: tuple[int, int]) -> Gray:
    """The triangle that stands in a box of this size, its tip in the middle of the upper edge."""
    return _drawn(size, lambda pen, right, low: pen.polygon([(0, low), (right, low), (right / 2, 0)], fill=255))


def _drawn(size: tuple[int, int], draw: Callable[[ImageDraw.ImageDraw, int, int], None]) -> Gray:
    """What is drawn on a box of this size, given its last column and row."""
    mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE), 0)
    draw(ImageDraw.Draw(mask), size[0] * _FINE - 1, size[1] * _FINE - 1)
    return np.asarray(mask.resize(size, Image.Resampling.BOX), np.uint8)
