"""Falling snow: the decoration of the winter theme.

Every flake's place is a function of the time, so snow needs no state, is the same in every
render, and goes on undisturbed while one scene fades into the next.
"""

from __future__ import annotations

import math

import numpy as np

from render.engine.discs import SoftDiscs
from render.engine.frame import Frame
from render.engine.wander import Wander

# From far to near: flakes; smallest and largest radius, in parts of the shorter side; fall, in heights a second;
# opacity; softness of the edge, in parts of the radius.
_DEPTHS = (
    (90, 0.0012, 0.0022, 0.035, 0.60, 0.9),
    (56, 0.0024, 0.0042, 0.065, 0.80, 0.8),
    (18, 0.0060, 0.0120, 0.110, 0.38, 1.0),
)
_WHITE, _GREY = 235, 128  # luma of white; chroma of no colour


class Snow:
    """Snow over frames of one size."""

    def __init__(self, width: int, height: int) -> None:
        short = min(width, height)
        flakes = [
            (short * (small + (large - small) * number / count), fall, opacity, softness)
            for count, small, large, fall, opacity, softness in _DEPTHS
            for number in range(count)
        ]
        looks = [(radius, opacity, soft) for radius, _, opacity, soft in flakes]
        white, grey = (np.full(len(flakes), level, np.uint16) for level in (_WHITE, _GREY))
        self._discs = SoftDiscs(looks, (white, grey, grey), (width, height))
        chance = np.random.default_rng(20).random((6, len(flakes)))
        self._ways = Wander(
            (width, height),
            reach=np.array([radius * (1 + softness) + 2 for radius, _, _, softness in flakes]),
            x=chance[0] * width,
            y=chance[1],
            fall=np.array([fall for _, fall, _, _ in flakes]) * (0.75 + 0.5 * chance[2]),
            sway=short * (0.008 + 0.02 * chance[3]),
            pace=2 * math.pi * (0.1 + 0.2 * chance[4]),
            turn=2 * math.pi * chance[5],
        )

    def paint(self, frame: Frame, seconds: float) -> None:
        """Paint the snow of this moment of the video over the frame."""
        x, y = self._ways.at(seconds)
        self._discs.paint(frame, x, y)
