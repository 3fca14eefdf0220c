"""Petals and leaves that drift down, turning and tumbling: the decorations of spring and autumn.

Each is a small picture, drawn once and sampled where and as it is turned in this moment, between pixels; its place is a
function of the time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from render.engine.colors import rgba
from render.engine.frame import Frame
from render.engine.planes import Picture, from_pixels, paint, turned
from render.engine.wander import Wander

if TYPE_CHECKING:
    from reelqueue.themes import Colors

_FINE = 4
# A piece that shows its edge is not quite a line.
_THINNEST = 0.24


@dataclass(frozen=True)
class Kind:
    """What drifts: outline of one half (distance along its axis, half its width), and colours as palette mixes.

    A colour is a name of the palette or ``#RRGGBB``.
    """

    half: tuple[tuple[float, float], ...]
    colors: tuple[str, ...]
    vein: float
    depths: tuple[tuple[int, float, float, float, float], ...]
    """From far to near: how many, length (part of the shorter side), fall (heights a second), opacity, blur (part)."""


PETALS = Kind(
    half=((0.0, 0.02), (0.12, 0.2), (0.3, 0.33), (0.52, 0.40), (0.74, 0.37), (0.9, 0.24), (0.96, 0.12), (0.92, 0.0)),
    colors=("#F6B9CC", "#FAD3DE", "#F2A3BC"),
    vein=0.0,
    depths=((13, 0.016, 0.035, 0.65, 0.06), (9, 0.026, 0.052, 0.85, 0.0), (3, 0.05, 0.085, 0.5, 0.14)),
)
LEAVES = Kind(
    half=((0.0, 0.015), (0.13, 0.02), (0.2, 0.17), (0.38, 0.31), (0.5, 0.33), (0.66, 0.27), (0.84, 0.13), (1.0, 0.0)),
    colors=("#E58A3C", "#F0A94B", "#DC7433", "#F3C057"),
    vein=0.55,
    depths=((11, 0.026, 0.035, 0.62, 0.05), (8, 0.042, 0.055, 0.82, 0.0), (3, 0.075, 0.09, 0.5, 0.12)),
)


class Drift:
    """Pieces of one kind over frames of one size."""

    def __init__(self, width: int, height: int, kind: Kind, colors: Colors) -> None:
        short = min(width, height)
        pieces = [
            (_piece(kind, kind.colors[number % len(kind.colors)], short * length, opacity, blur, colors), fall)
            for count, length, fall, opacity, blur in kind.depths
            for number in range(count)
        ]
        self._pictures = [picture for picture, _ in pieces]
        chance = np.random.default_rng(11).random((8, len(pieces)))
        self._ways = Wander(
            (width, height),
            reach=np.array([math.hypot(picture.width, picture.height) / 2 + 2 for picture in self._pictures]),
            x=chance[0] * width,
            y=chance[1],
            fall=np.array([fall for _, fall in pieces]) * (0.75 + 0.5 * chance[2]),
            sway=short * (0.02 + 0.035 * chance[4]),
            pace=2 * math.pi * (0.06 + 0.1 * chance[5]),
            turn=2 * math.pi * chance[6],
            wind=short * (0.015 + 0.03 * chance[3]),
        )
        self._spin = (chance[7] - 0.5) * 1.1

    def paint(self, frame: Frame, seconds: float) -> None:
        """Paint the pieces of this moment of the video over the frame."""
        ways = self._ways
        x, y = ways.at(seconds)
        angle = ways.turn * 3 + self._spin * seconds + 0.5 * ways.swing(seconds)
        tumble = np.sin(1.7 * ways.pace * seconds + 2 * ways.turn)
        thickness = np.sign(tumble) * (_THINNEST + (1 - _THINNEST) * np.abs(tumble))
        for number, picture in enumerate(self._pictures):
            scale = (1.0, float(thickness[number]) or 1.0)
            seen, left, top = turned(picture, (float(x[number]), float(y[number])), float(angle[number]), scale)
            paint(frame, seen, left, top)


def _piece(kind: Kind, color: str, length: float, opacity: float, blur: float, colors: Colors) -> Picture:
    """A petal or leaf of this length in pixels, along x."""
    soft = blur * length
    edge = math.ceil(2.5 * soft) + 2
    along = math.ceil(length)
    across = math.ceil(2 * length * max(width for _, width in kind.half))
    size = ((along + 2 * edge + 1) // 2 * 2, (across + 2 * edge + 1) // 2 * 2)
    start, middle = (size[0] - length) / 2, size[1] / 2
    upper = [(start + at * length, middle - width * length) for at, width in _smooth(kind.half)]
    lower = [(x, 2 * middle - y) for x, y in reversed(upper)]
    mask = np.zeros((size[1] * _FINE, size[0] * _FINE), np.uint8)
    cv2.fillPoly(mask, [np.rint(np.array(upper + lower) * _FINE).astype(np.int32)], 255)
    cover = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32) / 255
    if soft:
        cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), soft), np.float32)
    tint = np.array(rgba(color, colors)[:3], np.float32)
    pixels = np.empty((size[1], size[0], 4), np.uint8)
    pixels[:, :, :3] = np.clip(tint * _shading(kind, size, start, middle, length)[:, :, None], 0, 255)
    pixels[:, :, 3] = np.rint(cover * opacity * 255)
    return from_pixels(pixels)


def _shading(kind: Kind, size: tuple[int, int], start: float, middle: float, length: float) -> NDArray[np.float32]:
    """Light and dark over a piece: lighter towards its tip, a vein along its middle."""
    x = (np.arange(size[0], dtype=np.float32) + 0.5 - start) / length
    y = (np.arange(size[1], dtype=np.float32) + 0.5 - middle) / length
    light = 0.93 + 0.12 * np.clip(x, 0, 1)[None, :] + 0.1 * y[:, None]
    vein = 1 - 0.22 * kind.vein * np.exp(-((y[:, None] / 0.022) ** 2)) * (x[None, :] > 0)
    return np.asarray(light * vein, np.float32)


def _smooth(half: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """A curve through the points (Catmull-Rom)."""
    points = np.array([half[0], *half, half[-1]])
    curve: list[tuple[float, float]] = []
    for before, here, there, after in zip(points, points[1:], points[2:], points[3:], strict=False):
        for t in np.linspace(0, 1, 10, endpoint=False):
            at = 0.5 * (
                2 * here
                + (there - before) * t
                + (2 * before - 5 * here + 4 * there - after) * t**2
                + (3 * here - before - 3 * there + after) * t**3
            )
            curve.append((float(at[0]), max(0.0, float(at[1]))))
    return [*curve, half[-1]]
