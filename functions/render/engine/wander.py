"""Where what a theme lets drift is at a moment: it sways, falls or rises, and comes back on the other side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wander:
    """The ways of many things over a picture of this size, each with its own numbers.

    They start at ``x`` (pixels) and ``y`` (part of the height), fall by ``fall`` heights a second (less than 0: rise),
    and sway by so many pixels, ``pace`` and ``turn`` in radians. What leaves the picture comes back beyond the opposite
    edge, ``reach`` pixels outside, so its path is longer than the picture.
    """

    size: tuple[int, int]
    reach: Floats
    x: Floats
    y: Floats
    fall: Floats
    sway: Floats
    pace: Floats
    turn: Floats
    wind: Floats | float = 0.0

    def swing(self, seconds: float) -> Floats:
        """How far along its sway each is, -1 to 1."""
        return np.asarray(np.sin(self.pace * seconds + self.turn))

    @cached_property
    def _lengths(self) -> tuple[Floats, Floats]:
        """How long their paths are, across and down."""
        return self.size[0] + 2 * self.reach, self.size[1] + 2 * self.reach

    def at(self, seconds: float) -> tuple[Floats, Floats]:
        """Their middles across and down, in pixels."""
        across, down = self._lengths
        x = self.x + self.wind * seconds + self.sway * self.swing(seconds)
        y = (self.y + self.fall * seconds) % 1.0
        return x % across - self.reach, y * down - self.reach
