"""Soft discs on planes: flakes of snow, sparks. Only the pixels under them are touched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from render.engine.pixels import Discs, Floats, Places, Plane, Shades
from render.engine.planes import Frame

# Without places between pixels, a slow disc would visibly step.
_PLACES = 4


class FrameDiscs:
    """The same discs on the luma plane of frames of one size, and on the halved colour planes."""

    def __init__(self, looks: list[tuple[float, float, float]], size: tuple[int, int]) -> None:
        """Take the discs: each has a radius (pixels), an opacity (below 1), and a softness (part of the radius)."""
        self._luma = Discs([_disc(*look) for look in looks], size)
        chroma = [_disc(radius / 2, opacity, softness) for radius, opacity, softness in looks]
        self._chroma = Discs(chroma, (size[0] // 2, size[1] // 2))

    def paint(
        self, frame: Frame, shades: Sequence[Shades], x: Floats, y: Floats, strengths: Floats | None = None
    ) -> None:
        """Paint them on a frame, as ``Discs.paint`` does; ``shades`` are those of the three planes."""
        self._luma.paint(frame.y, shades[0], x, y, strengths)
        for plane, levels in zip((frame.u, frame.v), shades[1:], strict=True):
            self._chroma.paint(plane, levels, x / 2, y / 2, strengths)
        frame.painted(partial(self._put_back, frame, self._luma.places(), self._chroma.places()))

    def _put_back(self, frame: Frame, luma: Places, chroma: Places, other: Frame) -> None:
        self._luma.put_back(frame.y, other.y, luma)
        for plane, source in ((frame.u, other.u), (frame.v, other.v)):
            self._chroma.put_back(plane, source, chroma)


def _disc(radius: float, opacity: float, softness: float) -> Plane:
    """The covers of a disc's pixels, for each place between pixels that its middle may have."""
    edge = max(radius * softness, 0.7)
    reach = math.ceil(radius + edge)
    places = (np.arange(_PLACES) + 0.5) / _PLACES
    away = np.arange(-reach, reach + 1) + 0.5 - places[:, None]
    distance = np.sqrt(away[:, None, :, None] ** 2 + away[None, :, None, :] ** 2)
    part = np.clip((radius + edge - distance) / (2 * edge), 0, 1)
    # Smoothstep: an edge without a visible rim.
    return np.rint(256 * opacity * part * part * (3 - 2 * part)).astype(np.uint8)
