"""The winter theme's own landscape: a pale light low in the sky, and snowy hills, so that words alone look designed.

It is drawn in the palette of the theme, once for each scene that brings no background of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reelqueue.themes import Colors
from render.engine.colors import rgba

Light = NDArray[np.float32]


@dataclass(frozen=True)
class _Hill:
    """A ridge: its height and the height of its waves (parts of the picture's), and how much snow lies on it."""

    height: float
    waves: float
    length: float
    phase: float
    snow: float


# From the back to the front: lower, larger, brighter.
_HILLS = (
    _Hill(0.205, 0.030, 0.52, 0.9, 0.12),
    _Hill(0.145, 0.034, 0.71, 2.6, 0.30),
    _Hill(0.085, 0.030, 0.95, 4.4, 0.56),
)


def winter_landscape(sky: Light, colors: Colors) -> Light:
    """The sky (RGB, 0-255) with a glow and hills before it."""
    primary, snow = (np.array(rgba(color, colors)[:3], np.float32) for color in (colors.primary, colors.text))
    picture = _glow(sky, ((primary + snow) / 2).astype(np.float32))
    for hill in _HILLS:
        picture = _painted(picture, hill, primary, snow)
    return picture


def _glow(sky: Light, color: NDArray[np.float32]) -> Light:
    """A light behind the hills, left of the middle."""
    height, width = sky.shape[:2]
    x = (np.arange(width, dtype=np.float32) / width - 0.34) * width / max(width, height)
    y = (np.arange(height, dtype=np.float32) / height - 0.84) * height / max(width, height)
    strength = 0.42 * np.exp(-((x[None, :] / 0.34) ** 2) - (y[:, None] / 0.20) ** 2)
    return np.asarray(sky + (color - sky) * strength[:, :, None], np.float32)


def _painted(picture: Light, hill: _Hill, primary: NDArray[np.float32], snow: NDArray[np.float32]) -> Light:
    height, width = picture.shape[:2]
    at = np.arange(width, dtype=np.float32) / (hill.length * max(width, height))
    waves = sum(
        np.sin(2 * math.pi * at * pace + hill.phase * order) / order for order, pace in ((1, 1), (2, 2.3), (3, 4.1))
    )
    crest = height * (1 - hill.height - hill.waves * np.asarray(waves, np.float32) * 0.7)
    top = max(0, math.floor(float(crest.min())) - 1)
    depth = np.arange(top, height, dtype=np.float32)[:, None] + 0.5 - crest[None, :]
    # Lightest along the ridge, where the low light falls; a soft edge of one pixel, so that no steps show.
    lit = hill.snow + 0.16 * np.exp(-np.maximum(depth, 0) / (0.035 * height))
    color = primary * 0.72 + (snow - primary * 0.72) * lit[:, :, None]
    cover = np.clip(depth + 0.5, 0, 1)[:, :, None]
    picture[top:] += (color - picture[top:]) * cover
    return picture
