"""Falling snow: the decoration of the winter theme.

Every flake's place is a function of the time, so snow needs no state, is the same in every
render, and goes on undisturbed while one scene fades into the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from render.engine.planes import Frame, Plane

# Depth: flakes, radius and fall per second (parts of the shorter side and of the height), opacity, softness.
_DEPTHS = (
    (90, 0.0012, 0.0022, 0.035, 0.60, 0.9),
    (56, 0.0024, 0.0042, 0.065, 0.80, 0.8),
    (18, 0.0060, 0.0120, 0.110, 0.38, 1.0),
)
_PHASES = 4
_WHITE = 235


@dataclass(frozen=True)
class _Flake:
    x: float
    y: float
    fall: float
    sway: float
    pace: float
    phase: float
    sprite: int


class Snow:
    """Snow over frames of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._sprites: list[list[Plane]] = []
        self._flakes: list[_Flake] = []
        self._cover = np.zeros((height, width), np.uint8)
        short = min(width, height)
        chance = np.random.default_rng(20)
        for count, small, large, fall, opacity, softness in _DEPTHS:
            for number in range(count):
                size = small + (large - small) * number / count
                self._sprites.append(_sprite(size * short, opacity, softness))
                x, y, jitter, sway, pace, phase = chance.random(6)
                self._flakes.append(
                    _Flake(
                        x=x * width,
                        y=y,
                        fall=fall * (0.75 + 0.5 * jitter),
                        sway=short * (0.008 + 0.02 * sway),
                        pace=0.1 + 0.2 * pace,
                        phase=2 * math.pi * phase,
                        sprite=len(self._sprites) - 1,
                    )
                )

    def paint(self, frame: Frame, seconds: float) -> None:
        """Paint the snow of this moment of the video over the frame."""
        self._cover[:] = 0
        for flake in self._flakes:
            x = flake.x + flake.sway * math.sin(2 * math.pi * flake.pace * seconds + flake.phase)
            y = (flake.y + flake.fall * seconds) % 1.0
            self._drop(flake.sprite, x, y)
        quarter = cv2.resize(self._cover, (self._width // 2, self._height // 2), interpolation=cv2.INTER_AREA)
        for planes, cover, white in (((frame.y,), self._cover, _WHITE), ((frame.u, frame.v), quarter, 128)):
            kept, added = cv2.bitwise_not(cover), cv2.convertScaleAbs(cover, alpha=white / 255)
            for plane in planes:
                cv2.multiply(plane, kept, dst=plane, scale=1 / 255)
                cv2.add(plane, added, dst=plane)

    def _drop(self, number: int, x: float, y: float) -> None:
        sprites = self._sprites[number]
        side = sprites[0].shape[0]
        # A flake leaves below the picture and comes back above it, so the path is longer than the picture.
        left = x % (self._width + side) - side
        top = y * (self._height + side) - side
        column, row = math.floor(left), math.floor(top)
        phase = int((left - column) * _PHASES) + _PHASES * int((top - row) * _PHASES)
        sprite = sprites[phase]
        x0, y0 = max(column, 0), max(row, 0)
        x1, y1 = min(column + side, self._width), min(row + side, self._height)
        if x0 < x1 and y0 < y1:
            target = self._cover[y0:y1, x0:x1]
            np.maximum(target, sprite[y0 - row : y1 - row, x0 - column : x1 - column], out=target)


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
