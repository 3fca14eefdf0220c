"""Falling snow: the decoration of the winter theme.

Every flake's place is a function of the time, so snow needs no state, is the same in every
render, and goes on undisturbed while one scene fades into the next. Only the pixels under
flakes are touched, all at once: a fiftieth of the picture.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from render.engine.planes import Frame, Plane

# From far to near: flakes; smallest and largest radius, in parts of the shorter side; fall, in heights a second;
# opacity; softness of the edge, in parts of the radius.
_DEPTHS = (
    (90, 0.0012, 0.0022, 0.035, 0.60, 0.9),
    (56, 0.0024, 0.0042, 0.065, 0.80, 0.8),
    (18, 0.0060, 0.0120, 0.110, 0.38, 1.0),
)
_PHASES = 4
_WHITE, _GREY = 235, 128  # luma of white; chroma of no colour

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]


class Snow:
    """Snow over frames of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height, short = width, height, min(width, height)
        flakes = [
            (short * (small + (large - small) * number / count), fall, opacity, softness)
            for count, small, large, fall, opacity, softness in _DEPTHS
            for number in range(count)
        ]
        self._luma = _Discs([_disc(radius, *look) for radius, _, *look in flakes], width * height)
        self._chroma = _Discs([_disc(radius / 2, *look) for radius, _, *look in flakes], width * height // 4)
        # A flake leaves below the picture and comes back above it, so its path is longer than the picture.
        self._reach = np.array([radius * (1 + softness) + 2 for radius, _, _, softness in flakes])
        chance = np.random.default_rng(20).random((6, len(flakes)))
        self._x, self._y = chance[0] * width, chance[1]
        self._fall = np.array([fall for _, fall, _, _ in flakes]) * (0.75 + 0.5 * chance[2])
        self._sway = short * (0.008 + 0.02 * chance[3])
        self._pace = 2 * math.pi * (0.1 + 0.2 * chance[4])
        self._turn = 2 * math.pi * chance[5]

    def paint(self, frame: Frame, seconds: float) -> None:
        """Paint the snow of this moment of the video over the frame."""
        x = self._x + self._sway * np.sin(self._pace * seconds + self._turn)
        x = x % (self._width + 2 * self._reach) - self._reach
        y = (self._y + self._fall * seconds) % 1.0 * (self._height + 2 * self._reach) - self._reach
        self._luma.paint([(frame.y, _WHITE)], x, y)
        self._chroma.paint([(frame.u, _GREY), (frame.v, _GREY)], x / 2, y / 2)


class _Discs:
    """Soft discs, one for each flake, as one list of pixels.

    A pixel has its flake, its place from the flake's middle, and its cover (0-256) for each of the places between
    pixels that a middle may have: without these a slow flake would visibly step.
    """

    def __init__(self, discs: list[tuple[Integers, Integers, Integers]], pixels: int) -> None:
        self._flake = np.repeat(np.arange(len(discs), dtype=np.int32), [dx.size for dx, _, _ in discs])
        self._dx, self._dy, self._cover = (np.concatenate(parts, axis=-1) for parts in zip(*discs, strict=True))
        self._pixel = np.arange(self._flake.size)
        self._thickest = np.zeros(pixels, np.int32)

    def paint(self, planes: list[tuple[Plane, int]], x: Floats, y: Floats) -> None:
        """Paint the discs with their middles at x and y (in pixels) in these shades."""
        height, width = planes[0][0].shape
        left, top = np.floor(x), np.floor(y)
        phase = ((x - left) * _PHASES).astype(np.int32) + _PHASES * ((y - top) * _PHASES).astype(np.int32)
        column = left.astype(np.int32)[self._flake] + self._dx
        row = top.astype(np.int32)[self._flake] + self._dy
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        at = (row * width + column)[inside]
        # Where flakes overlap, a pixel is listed twice: both times with the cover of the thicker one.
        np.maximum.at(self._thickest, at, self._cover[phase[self._flake], self._pixel][inside])
        cover = self._thickest[at]
        self._thickest[at] = 0
        for plane, shade in planes:
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
