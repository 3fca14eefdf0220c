"""Soft discs on planes: flakes of snow, sparks. Only the pixels under them are touched, all at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from render.engine.planes import Plane

_PHASES = 4

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]


class Discs:
    """Discs as one list of pixels.

    A pixel has its disc, its place from the disc's middle, and its cover (0-256) for each of the places between pixels
    that a middle may have: without these a slow disc would visibly step.
    """

    def __init__(self, looks: list[tuple[float, float, float]], pixels: int) -> None:
        """Discs by their radius (pixels), opacity and softness of the edge (part of the radius), for so many pixels."""
        discs = [_disc(*look) for look in looks]
        self._disc_of = np.repeat(np.arange(len(discs), dtype=np.int32), [dx.size for dx, _, _ in discs])
        self._dx, self._dy, self._cover = (np.concatenate(parts, axis=-1) for parts in zip(*discs, strict=True))
        self._pixel = np.arange(self._disc_of.size)
        self._thickest = np.zeros(pixels, np.int32)

    def paint(
        self, planes: list[tuple[Plane, int | Integers]], x: Floats, y: Floats, strength: Floats | None = None
    ) -> None:
        """Paint the discs with their middles at x and y (in pixels), in one shade or each in its own.

        ``strength`` (0 to 1) is how much of each disc's opacity is there.
        """
        height, width = planes[0][0].shape
        left, top = np.floor(x), np.floor(y)
        phase = ((x - left) * _PHASES).astype(np.int32) + _PHASES * ((y - top) * _PHASES).astype(np.int32)
        column = left.astype(np.int32)[self._disc_of] + self._dx
        row = top.astype(np.int32)[self._disc_of] + self._dy
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        at = (row * width + column)[inside]
        covers = self._cover[phase[self._disc_of], self._pixel]
        if strength is not None:
            covers = (covers * strength[self._disc_of]).astype(np.int32)
        # Where discs overlap, a pixel is listed twice: both times with the cover of the thicker one.
        np.maximum.at(self._thickest, at, covers[inside])
        cover = self._thickest[at]
        self._thickest[at] = 0
        for plane, shades in planes:
            shade = shades if isinstance(shades, int) else shades[self._disc_of][inside]
            flat = plane.reshape(-1)
            before = flat[at].astype(np.int32)
            flat[at] = before + ((shade - before) * cover >> 8)


def _disc(radius: float, opacity: float, softness: float) -> tuple[Integers, Integers, Integers]:
    """The pixels of a disc: their places across and down, and their cover for each place between pixels."""
    edge = max(radius * softness, 0.7)
    reach = math.ceil(radius + edge) + 1
    dx, dy = (side.ravel() for side in np.meshgrid(*2 * [np.arange(-reach, reach + 1, dtype=np.int32)]))
    shift_y, shift_x = (np.indices((_PHASES, _PHASES)).reshape(2, -1, 1) + 0.5) / _PHASES
    distance = np.hypot(dx + 0.5 - shift_x, dy + 0.5 - shift_y)
    part = np.clip((radius + edge - distance) / (2 * edge), 0, 1)
    # Smoothstep: an edge without a visible rim.
    cover = np.rint(256 * opacity * part * part * (3 - 2 * part)).astype(np.int32)
    seen = cover.any(axis=0)
    return dx[seen], dy[seen], cover[:, seen]
