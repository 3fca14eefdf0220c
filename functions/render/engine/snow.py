"""Falling snow: the decoration of the winter theme.

Every flake's place is a function of the time, so snow needs no state, is the same in every
render, and goes on undisturbed while one scene fades into the next.
"""

from __future__ import annotations

import math

import cv2
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


class Snow:
    """Snow over frames of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._cover = np.zeros((height, width), np.uint8)
        short = min(width, height)
        sizes = [
            (small + (large - small) * number / count, fall, opacity, softness)
            for count, small, large, fall, opacity, softness in _DEPTHS
            for number in range(count)
        ]
        self._sprites = [_sprite(radius * short, opacity, softness) for radius, _, opacity, softness in sizes]
        self._sides = np.array([sprites[0].shape[0] for sprites in self._sprites])
        chance = np.random.default_rng(20).random((6, len(sizes)))
        self._x, self._y = chance[0] * width, chance[1]
        self._fall = np.array([fall for _, fall, _, _ in sizes]) * (0.75 + 0.5 * chance[2])
        self._sway = short * (0.008 + 0.02 * chance[3])
        self._pace = 2 * math.pi * (0.1 + 0.2 * chance[4])
        self._turn = 2 * math.pi * chance[5]

    def paint(self, frame: Frame, seconds: float) -> None:
        """Paint the snow of this moment of the video over the frame."""
        self._cover[:] = 0
        x = self._x + self._sway * np.sin(self._pace * seconds + self._turn)
        # A flake leaves below the picture and comes back above it, so its path is longer than the picture.
        left = x % (self._width + self._sides) - self._sides
        top = (self._y + self._fall * seconds) % 1.0 * (self._height + self._sides) - self._sides
        column, row = np.floor(left).astype(int), np.floor(top).astype(int)
        phase = ((left - column) * _PHASES).astype(int) + _PHASES * ((top - row) * _PHASES).astype(int)
        for sprites, at, x0, y0 in zip(self._sprites, phase.tolist(), column.tolist(), row.tolist(), strict=True):
            self._drop(sprites[at], x0, y0)
        half = (self._width // 2, self._height // 2)
        quarter = np.asarray(cv2.resize(self._cover, half, interpolation=cv2.INTER_AREA), np.uint8)
        for planes, cover, white in (((frame.y,), self._cover, _WHITE), ((frame.u, frame.v), quarter, _GREY)):
            kept, added = cv2.bitwise_not(cover), cv2.convertScaleAbs(cover, alpha=white / 255)
            for plane in planes:
                cv2.multiply(plane, kept, dst=plane, scale=1 / 255)
                cv2.add(plane, added, dst=plane)

    def _drop(self, sprite: Plane, column: int, row: int) -> None:
        left, top = max(column, 0), max(row, 0)
        target = self._cover[top : row + sprite.shape[0], left : column + sprite.shape[1]]
        if target.size:
            source = sprite[top - row : top - row + target.shape[0], left - column : left - column + target.shape[1]]
            np.maximum(target, source, out=target)


def _sprite(radius: float, opacity: float, softness: float) -> list[Plane]:
    """A soft disc at each of the places between pixels: without these a slow flake would visibly step."""
    side = math.ceil(radius * 2 * (1 + softness)) + 3
    return [
        _disc(side, radius, opacity, softness, (0.5 + column) / _PHASES, (0.5 + row) / _PHASES)
        for row in range(_PHASES)
        for column in range(_PHASES)
    ]


def _disc(side: int, radius: float, opacity: float, softness: float, dx: float, dy: float) -> Plane:
    middle = (side - 1) / 2
    at = np.arange(side, dtype=np.float64) + 0.5
    distance: NDArray[np.float64] = np.hypot(at[None, :] - middle - dx, at[:, None] - middle - dy)
    edge = max(radius * softness, 0.7)
    part = np.clip((radius + edge - distance) / (2 * edge), 0, 1)
    # Smoothstep: an edge without a visible rim.
    return np.rint(255 * opacity * part * part * (3 - 2 * part)).astype(np.uint8)
