"""Soft discs on planes: flakes of snow, sparks. Only the pixels under them are touched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.engine.frame import Frame
from render.engine.pixels import Discs, Floats, Places, Plane, Shades

# Without places between pixels, a slow disc would visibly step.
_PLACES = 4


class SoftDiscs:
    """Soft discs on frames of one size, each in its own colour."""

    def __init__(
        self, looks: list[tuple[float, float, float]], shades: Sequence[Shades], size: tuple[int, int]
    ) -> None:
        """Take the discs: each has a radius (pixels), an opacity (below 1), and a softness (part of the radius).

        ``shades``: of luma and the two chromas the level of each.
        """
        chroma = [_disc(radius / 2, opacity, softness) for radius, opacity, softness in looks]
        self._discs = Discs([_disc(*look) for look in looks], chroma, shades, size)

    def paint(self, frame: Frame, x: Floats, y: Floats, strengths: Floats | None = None) -> None:
        """Paint them on a frame, as ``Discs.paint`` does."""
        self._discs.paint(frame, x, y, strengths)
        frame.decorated(_Painted(self._discs, self._discs.places(), None if strengths is None else strengths.tobytes()))


@dataclass(frozen=True)
class _Painted:
    """Where discs were painted, and how strongly."""

    discs: Discs
    places: Places
    strengths: bytes | None

    def put_back(self, frame: Frame, source: Frame) -> None:
        self.discs.put_back(frame, source, self.places)


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
