"""Soft discs on planes: flakes of snow, sparks. Only the pixels under them are touched, all at once."""

from __future__ import annotations

import math
from typing import Any

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

    def __init__(self, looks: list[tuple[float, float, float]], size: tuple[int, int]) -> None:
        """Discs by their radius (pixels), opacity and softness of the edge (part of the radius); the planes' size."""
        self._width, self._height = size
        discs = [_disc(*look) for look in looks]
        self._sizes = np.array([dx.size for dx, _, _ in discs])
        self._reach = np.array([np.abs(dx).max(initial=0) for dx, _, _ in discs])
        self._ends = np.cumsum(self._sizes)
        self._dx, self._dy, cover = (np.concatenate(parts, axis=-1) for parts in zip(*discs, strict=True))
        self._cover = cover.ravel().astype(np.int16)
        self._pixel = np.arange(self._dx.size)
        self._offset = self._dy.astype(np.int64) * self._width + self._dx
        self._thickest = np.zeros(self._width * self._height, np.int16)

    def paint(
        self, planes: list[tuple[Plane, int | Integers]], x: Floats, y: Floats, strength: Floats | None = None
    ) -> None:
        """Paint the discs with their middles at x and y (in pixels), in one shade or each in its own.

        ``strength`` (0 to 1) is how much of each disc's opacity is there.
        """
        left, top = np.floor(x), np.floor(y)
        phase = ((x - left) * _PHASES).astype(np.int32) + _PHASES * ((y - top) * _PHASES).astype(np.int32)
        covers = self._cover.take(self._each(phase * self._pixel.size) + self._pixel)
        if strength is not None:
            covers = (covers * self._each(strength)).astype(np.int16)
        at = self._each((top * self._width + left).astype(np.int64)) + self._offset
        outside = self._outside(left.astype(np.int32), top.astype(np.int32))
        # To leave them out would copy all others. They are done where the last of these is done again.
        last = self._pixel.size - 1 - np.count_nonzero(outside == self._pixel[self._pixel.size - outside.size :])
        if last < 0:
            return
        at[outside], covers[outside] = at[last], 0
        np.maximum.at(self._thickest, at, covers)
        cover = self._thickest.take(at)
        self._thickest[at] = 0
        for plane, shades in planes:
            shade = shades
            if not isinstance(shade, int):
                shade = self._each(shade)
                shade[outside] = shade[last]
            flat = plane.reshape(-1)
            before = flat.take(at).astype(np.int32)
            flat[at] = before + ((shade - before) * cover >> 8)

    def _each(self, values: NDArray[Any]) -> NDArray[Any]:
        """What each disc has, for each of its pixels."""
        return np.repeat(values, self._sizes)

    def _outside(self, column: Integers, row: Integers) -> NDArray[np.int64]:
        """The pixels that do not lie in the plane: some of a few discs."""
        width, height, reach = self._width, self._height, self._reach
        crossing = (column < reach) | (column >= width - reach) | (row < reach) | (row >= height - reach)
        found = [np.empty(0, np.int64)]
        for disc in np.flatnonzero(crossing):
            pixels = self._pixel[self._ends[disc] - self._sizes[disc] : self._ends[disc]]
            columns, rows = column[disc] + self._dx[pixels], row[disc] + self._dy[pixels]
            found.append(pixels[(columns < 0) | (columns >= width) | (rows < 0) | (rows >= height)])
        return np.concatenate(found)


def luma_and_chroma(looks: list[tuple[float, float, float]], size: tuple[int, int]) -> tuple[Discs, Discs]:
    """The same discs for the luma plane of frames of this size, and for the halved colour planes."""
    halved = [(radius / 2, opacity, softness) for radius, opacity, softness in looks]
    return Discs(looks, size), Discs(halved, (size[0] // 2, size[1] // 2))


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
