"""Sparks of light that rise and breathe: the decoration of the neon theme.

Like snow, every spark's place and strength are functions of the time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from render.engine.colors import rgba
from render.engine.discs import SoftDiscs
from render.engine.frame import Frame
from render.engine.planes import color_levels
from render.engine.wander import Wander

if TYPE_CHECKING:
    from reelqueue.themes import Colors

# Sparks; smallest and largest radius, in parts of the shorter side; rise, in heights a second; opacity.
_DEPTHS = ((30, 0.0016, 0.0030, 0.020, 0.95), (12, 0.0040, 0.0070, 0.032, 0.80))
# Around each lies its halo, so many times as large.
_HALO, _HALO_OPACITY = 4.2, 0.26
_MAGENTA = "#FF3DBD"


class Glow:
    """Sparks over frames of one size, by turns in the accent of the palette and in magenta."""

    def __init__(self, width: int, height: int, colors: Colors) -> None:
        short = min(width, height)
        sparks = [
            (short * (small + (large - small) * number / count), rise, opacity)
            for count, small, large, rise, opacity in _DEPTHS
            for number in range(count)
        ]
        # First the halos, then the sparks: each place counts for both.
        looks = [(radius * _HALO / 2, _HALO_OPACITY, 0.98) for radius, _, _ in sparks]
        looks += [(radius, opacity, 0.8) for radius, _, opacity in sparks]
        chance = np.random.default_rng(7).random((7, len(sparks)))
        self._ways = Wander(
            (width, height),
            reach=np.array([radius * _HALO + 2 for radius, _, _ in sparks]),
            x=chance[0] * width,
            y=chance[1],
            fall=-np.array([rise for _, rise, _ in sparks]) * (0.7 + 0.6 * chance[2]),
            sway=short * (0.01 + 0.025 * chance[3]),
            pace=2 * math.pi * (0.05 + 0.1 * chance[4]),
            turn=2 * math.pi * chance[5],
        )
        tints = [color_levels(rgba(color, colors)[:3]) for color in (colors.accent, _MAGENTA)]
        own = np.array([tints[int(part > 0.5)] for part in chance[6]], np.uint16)
        shades = [np.tile(own[:, plane], 2) for plane in range(3)]
        self._discs = SoftDiscs(looks, shades, (width, height))

    def paint(self, frame: Frame, seconds: float) -> None:
        """Paint the sparks of this moment of the video over the frame."""
        x, y = self._ways.at(seconds)
        breath = 0.55 + 0.45 * np.sin(2.6 * self._ways.pace * seconds + 3 * self._ways.turn)
        x, y, breath = (np.tile(values, 2) for values in (x, y, breath))
        self._discs.paint(frame, x, y, breath)
