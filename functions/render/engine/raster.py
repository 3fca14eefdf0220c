"""Glyphs as pixels: outlines as coverage, emoji in their colours. HarfBuzz draws both, each at its exact place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import uharfbuzz as hb
from numpy.typing import NDArray

from render.engine.colors import RGBA
from render.engine.lines import Line

Gray = NDArray[np.uint8]


@dataclass(frozen=True)
class Ink:
    """What a text puts on its canvas: ``shape``, the coverage of its outlines; ``colored``, its emoji (RGBA) if any."""

    shape: Gray
    colored: NDArray[np.uint8] | None

    @property
    def solid(self) -> Gray:
        """How opaque both are together."""
        return self.shape if self.colored is None else np.maximum(self.shape, self.colored[:, :, 3])


def draw_lines(
    lines: Sequence[Line], places: Sequence[tuple[float, float]], size: float, canvas: tuple[int, int], color: RGBA
) -> Ink:
    """Draw lines at their places (x and baseline from the upper left corner, in pixels) on a canvas (width, height).

    All outlines are filled as one shape, so that glyphs which overlap or join, as in Arabic, show no seams. ``color``
    is for what emoji leave to the colour of the text.
    """
    width, height = canvas
    extents = hb.RasterExtents(0, 0, width, height, 0)
    outlines, emoji = hb.RasterDraw(), hb.RasterPaint()
    outlines.extents = emoji.extents = extents
    red, green, blue, alpha = color
    emoji.foreground = hb.Color(red, green, blue, alpha)
    colored = False
    for line, (left, baseline) in zip(lines, places, strict=True):
        for run in line.runs:
            unit = size * run.scale / run.typeface.em
            for glyph in run.glyphs:
                # HarfBuzz counts upwards from the lower edge.
                transform = (unit, 0, 0, unit, left + glyph.x * size, height - baseline + glyph.y * size)
                if run.typeface.colored:
                    emoji.transform = transform
                    emoji.paint_glyph(run.typeface.font, glyph.number)
                    colored = True
                else:
                    outlines.transform = transform
                    outlines.draw_glyph(run.typeface.font, glyph.number)
    shape = _pixels(outlines.render(), 1, canvas)[:, :, 0]
    return Ink(shape, _straight(_pixels(emoji.render(), 4, canvas)) if colored else None)


def _pixels(image: hb.RasterImage | None, channels: int, canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """The pixels of an image, from top to bottom; of a text that draws nothing there are none."""
    width, height = canvas
    if image is None:
        return np.zeros((height, width, channels), np.uint8)
    rows = np.frombuffer(image.buffer, np.uint8).reshape(image.extents.height, image.extents.stride)
    return rows[::-1, : width * channels].reshape(height, width, channels)


def _straight(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """BGRA with colours multiplied by their alpha, as RGBA without that."""
    alpha = pixels[:, :, 3:].astype(np.float32)
    colors = pixels[:, :, 2::-1] * (255 / np.maximum(alpha, 1))
    return np.dstack([np.rint(np.minimum(colors, 255)), alpha]).astype(np.uint8)
